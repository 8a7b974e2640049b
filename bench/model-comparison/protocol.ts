/** @file How the models are compared: fitted and tested on the same draws, and what comes of it. */
import { createRng, type Rng } from '../../shared/support/rng.js';
import { at, InternalError } from '../../shared/support/errors.js';
import { sum } from '../../shared/support/statistics.js';
import type { CostModel, TrainingSample } from '../../server/cost-model/model.js';
import { programRows } from '../../server/cost-model/features/program-rows.js';
import { modelQuality } from '../../server/cost-model/quality.js';
import type { Sample } from './samples.js';

export interface Contender {
  readonly name: string;
  readonly model: Pick<CostModel, 'fit'>;
}

/** What a contender did with one draw. */
export interface Outcome {
  readonly name: string;
  readonly workload: string;
  readonly seed: number;
  /** Programs it learned from. */
  readonly trained: number;
  readonly spearman: number;
  readonly topRecall: number;
  readonly fitMs: number;
  readonly predictMs: number;
}

/** Programs to test on, at least. */
export const MIN_TESTED = 20;

/** Lets every contender learn from `trained` of the samples, drawn with the seed, and judge the others. */
export function compareOn(
  contenders: readonly Contender[],
  workload: string,
  samples: readonly Sample[],
  { trained, seed }: { readonly trained: number; readonly seed: number },
): Outcome[] {
  const rng = createRng(seed).fork(workload);
  // Features are given: they are extracted once for all contenders, and not while one of them is timed.
  for (const { func } of samples) programRows(func);
  const order = shuffled(samples, rng.fork(`draw ${trained}`));
  const known = order.slice(0, trained);
  const asked = order.slice(trained);
  // As in a search: the best that is known has score 1, whatever is still to be found.
  const best = known.reduce((least, { latencyNs }) => Math.min(least, latencyNs), Infinity);
  const lessons = known.map(({ func, latencyNs }): TrainingSample => ({
    func,
    group: workload,
    score: best / latencyNs,
  }));
  return contenders.map(({ name, model }) => {
    const begin = performance.now();
    const predictor = model.fit(lessons, rng.fork('fit'));
    const fitted = performance.now();
    if (predictor === null) throw new InternalError(`${name} does not learn from ${trained} samples`);
    const scores = predictor.predict(asked.map(({ func }) => func));
    const end = performance.now();
    const quality = modelQuality(
      [...scores],
      asked.map(({ latencyNs }) => latencyNs),
    );
    return {
      name,
      workload,
      seed,
      trained,
      // Scores that are all equal put nothing in order.
      spearman: quality?.rankCorrelation ?? 0,
      topRecall: quality?.topRecall ?? 0,
      fitMs: fitted - begin,
      predictMs: end - fitted,
    };
  });
}

function shuffled<T>(list: readonly T[], rng: Rng): T[] {
  const rest = [...list];
  return list.map(() => at(rest.splice(rng.nextInt(rest.length), 1), 0));
}

/** A mean over seeds, and its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly error: number;
}

export interface Row {
  readonly name: string;
  readonly trained: number;
  readonly spearman: Estimate;
  readonly topRecall: Estimate;
  /** How much better the first contender did on the same draws. */
  readonly firstAhead: { readonly spearman: Estimate; readonly topRecall: Estimate };
  /** Times over those of the first contender. */
  readonly fitRatio: number;
  readonly predictRatio: number;
}

/** Means over the workloads for each seed, then over the seeds; the workloads are given, the seeds are chance. */
export function summarize(outcomes: readonly Outcome[]): Row[] {
  const first = at(outcomes, 0).name;
  const sizes = [...new Set(outcomes.map(({ trained }) => trained))];
  return sizes.flatMap((trained) => {
    const own = outcomes.filter((outcome) => outcome.trained === trained);
    const names = [...new Set(own.map(({ name }) => name))];
    const of = (name: string): Outcome[] => own.filter((outcome) => outcome.name === name);
    return names.map((name) => ({
      name,
      trained,
      spearman: estimate(of(name), ({ spearman }) => spearman),
      topRecall: estimate(of(name), ({ topRecall }) => topRecall),
      firstAhead: {
        spearman: ahead(of(first), of(name), ({ spearman }) => spearman),
        topRecall: ahead(of(first), of(name), ({ topRecall }) => topRecall),
      },
      fitRatio: total(of(name), ({ fitMs }) => fitMs) / total(of(first), ({ fitMs }) => fitMs),
      predictRatio:
        total(of(name), ({ predictMs }) => predictMs) / total(of(first), ({ predictMs }) => predictMs),
    }));
  });
}

type Figure = (outcome: Outcome) => number;

function total(outcomes: readonly Outcome[], figure: Figure): number {
  return sum(outcomes.map(figure));
}

function perSeed(outcomes: readonly Outcome[], figure: Figure): number[] {
  return [...new Set(outcomes.map(({ seed }) => seed))].map((seed) =>
    mean(outcomes.filter((outcome) => outcome.seed === seed).map(figure)),
  );
}

function estimate(outcomes: readonly Outcome[], figure: Figure): Estimate {
  return estimateOf(perSeed(outcomes, figure));
}

function ahead(first: readonly Outcome[], other: readonly Outcome[], figure: Figure): Estimate {
  const others = perSeed(other, figure);
  return estimateOf(perSeed(first, figure).map((value, i) => value - at(others, i)));
}

function estimateOf(values: readonly number[]): Estimate {
  const center = mean(values);
  const squares = sum(values.map((value) => (value - center) ** 2));
  const error = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean: center, error };
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
