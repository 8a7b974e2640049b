/**
 * @file Strategy evolutionary (MetaSchedule's): a population of measured and random candidates evolves for some
 * generations by mutation, guided by a cost model that has learned from the trials so far; the best by its judgement,
 * and some at random, are measured. A part of each round, and the last rounds as a whole, descend from the fastest
 * candidates instead, by one small step at a time.
 */
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';
import type { Predictor, TrainingSample } from '../../cost-model/model.js';
import { mutate } from '../mutators/mutator.js';
import { descend } from './descent.js';
import type { EvolutionOptions } from '../../../shared/protocol/search-options.js';
import { createProgramSet } from './program-set.js';
import { pickCandidates, type Scored } from './picking.js';
import {
  createSearchContext,
  type Individual,
  type PastIndividual,
  type RoundContext,
} from './search-context.js';
import type { SearchProblem, Strategy } from './strategy.js';
import { createWeightedDraw } from './weighted-draw.js';

export function createEvolutionary(problem: SearchProblem, options: EvolutionOptions): Strategy {
  const context = createSearchContext(problem);
  return {
    proposeRound: (request) => {
      const round = context.openRound(request);
      const past = round.past();
      const fastest = past.filter(({ trial }) => trial.latencyNs !== null).toSorted(byLatency);
      const restored = request.model === null ? null : problem.model.restore(request.model);
      const predictor = restored ?? fitModel(problem, round, past);
      const isLast = request.spent >= 1 - options.descentRatio;
      const steps = Math.floor(request.size * (isLast ? 1 : options.neighbourRatio));
      const near = predictor === null ? [] : descend(problem, round, { fastest, predictor, count: steps });
      for (const [individual] of near) round.seen.add(individual.program);
      const rest = request.size - near.length;
      const far = rest > 0 ? explore(problem, options, { round, past, fastest, predictor, count: rest }) : [];
      return round.plan([...near, ...far], { model: predictor?.snapshot() ?? null });
    },
  };
}

function fitModel(
  { model, warmSamples }: SearchProblem,
  { rng }: RoundContext,
  past: readonly PastIndividual[],
): Predictor | null {
  return model.fit([...warmSamples, ...trainingSamples(past)], rng.fork('model'));
}

const GROUP = 'this search';

/** Failed trials teach too: they score 0. */
export function trainingSamples(past: readonly PastIndividual[]): TrainingSample[] {
  const latencies = past.flatMap(({ trial }) => trial.latencyNs ?? []);
  const best = latencies.reduce((least, ns) => Math.min(least, ns), Infinity);
  return past.map(({ trial, individual }) => ({
    func: individual.func,
    group: GROUP,
    score: trial.latencyNs === null ? 0 : best / trial.latencyNs,
  }));
}

function byLatency(a: PastIndividual, b: PastIndividual): number {
  return (a.trial.latencyNs ?? Infinity) - (b.trial.latencyNs ?? Infinity);
}

interface Exploration {
  readonly round: RoundContext;
  readonly past: readonly PastIndividual[];
  /** The measured ones of them, the fastest first. */
  readonly fastest: readonly PastIndividual[];
  readonly predictor: Predictor | null;
  readonly count: number;
}

function explore(problem: SearchProblem, options: EvolutionOptions, exploration: Exploration): Scored[] {
  const { round, fastest, predictor, count } = exploration;
  // Failed ones too: a design that always fails is not one that nobody has tried.
  const past = exploration.past.map(({ individual }) => individual);
  const parents = fastest
    .slice(0, Math.floor(options.initMeasuredRatio * options.populationSize))
    .map(({ individual }) => individual);
  if (predictor === null) {
    const drawn = drawMany(round, 4 * count).map((individual): Scored => [individual, null]);
    return pickCandidates({ count, exploring: count, best: [], drawn, past });
  }
  const drawn = drawMany(round, Math.max(options.initMinUnmeasured, options.populationSize - parents.length));
  const best = evolve(problem, options, { round, predictor, population: [...parents, ...drawn] });
  const scores = new Map(best);
  // What other searches have taught says little about a program that has not been measured at all.
  const share = fastest.length === 0 ? 0.5 : options.epsGreedy;
  return pickCandidates({
    count,
    exploring: drawCount(count * share, round.rng.fork('pick')),
    best,
    drawn: drawn.map((individual): Scored => [individual, scores.get(individual) ?? null]),
    past,
  });
}

/** A whole number that is `expected` on average. */
function drawCount(expected: number, rng: Rng): number {
  return Math.floor(expected) + (rng.nextFloat() < expected % 1 ? 1 : 0);
}

function drawMany(round: RoundContext, count: number): Individual[] {
  const fresh = createProgramSet();
  const drawn: Individual[] = [];
  const rng = round.rng.fork('draws');
  while (drawn.length < count) {
    const individual = round.draw(fresh, rng);
    if (individual === null) break;
    drawn.push(individual);
  }
  return drawn;
}

interface Evolution {
  readonly round: RoundContext;
  readonly predictor: Predictor;
  readonly population: readonly Individual[];
}

/** All new candidates of all generations with their scores, the best first. */
function evolve(problem: SearchProblem, options: EvolutionOptions, evolution: Evolution): Scored[] {
  const { round, predictor } = evolution;
  const rng = round.rng.fork('evolution');
  const met = createProgramSet();
  const found: [Individual, number][] = [];
  let { population } = evolution;
  for (let generation = 0; population.length > 0; generation++) {
    const scores = predictor.predict(population.map(({ func }) => func));
    population.forEach((individual, i) => {
      if (!round.seen.has(individual.program) && met.add(individual.program)) {
        found.push([individual, at(scores, i)]);
      }
    });
    if (generation === options.geneticNumIters) break;
    population = nextGeneration(problem, options, { round, population, scores, rng });
  }
  return found.toSorted(([, a], [, b]) => b - a);
}

interface Generation {
  readonly round: RoundContext;
  readonly population: readonly Individual[];
  readonly scores: Float64Array;
  readonly rng: Rng;
}

function nextGeneration(
  problem: SearchProblem,
  options: EvolutionOptions,
  { round, population, scores, rng }: Generation,
): Individual[] {
  const drawParent = createWeightedDraw(likelihoods(scores));
  const copied = new Set<Individual>();
  const next: Individual[] = [];
  // A parent that cannot be mutated is copied, once; the bound is for populations where nothing else is left.
  for (let tries = 0; next.length < population.length && tries < 4 * population.length; tries++) {
    const parent = at(population, drawParent(rng));
    const child =
      rng.nextFloat() < options.geneticMutateProb
        ? mutateOnce(problem, options, { round, parent, rng })
        : parent;
    if (child === null || (child === parent && copied.has(parent))) continue;
    if (child === parent) copied.add(parent);
    next.push(child);
  }
  return next;
}

/** Scores are of any scale: what counts is by how many standard deviations one is better. */
function likelihoods(scores: Float64Array): Float64Array {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  if (variance === 0) return scores.map(() => 1);
  return scores.map((score) => Math.exp((score - mean) / Math.sqrt(variance)));
}

function mutateOnce(
  { func, space }: SearchProblem,
  { geneticMaxFailCount }: EvolutionOptions,
  { round, parent, rng }: { readonly round: RoundContext; readonly parent: Individual; readonly rng: Rng },
): Individual | null {
  for (let tries = 0; tries < geneticMaxFailCount; tries++) {
    const mutation = mutate(parent.design, space.mutators, { func, rng, replay: round.replay });
    if (mutation === null) return null;
    const { parent: ancestor, mutations } = parent.origin;
    const child = round.make(
      mutation.trace,
      { parent: ancestor, mutations: [...mutations, mutation.text] },
      rng,
    );
    if (child !== null) return child;
  }
  return null;
}
