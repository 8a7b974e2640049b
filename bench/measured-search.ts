/**
 * @file Searches whose proposals are measured for real, for the benchmarks that need them: the suite of programs, quick
 * measuring that remembers, and the loop of proposing and measuring.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MeasureRequest } from '../shared/protocol/measure.js';
import { SEARCH_DEFAULTS, type CostModelId, type StrategyId } from '../shared/protocol/search-options.js';
import { createLocalMeasureQueue } from '../server/tuning/local-measure-queue.js';
import type { MeasureQueue } from '../server/tuning/measure-queue.js';
import type { CostModel } from '../server/cost-model/model.js';
import { costModel, createStrategy, proposeTimed, type WarmTrial } from '../server/tuning/search.js';
import type { PastTrial } from '../server/tuning/strategies/round.js';

export const SUITE = [
  'matmul:m=128,n=128,k=128',
  'matmul:m=512,n=512,k=512',
  'conv2d_nhwc:n=1,h=14,w=14,ci=256,co=256,k=3,s=1,p=1',
  'conv2d_nhwc:n=1,h=7,w=7,ci=512,co=512,k=3,s=1,p=1',
  'depthwise_conv2d_nhwc:n=1,h=112,w=112,c=32,k=3,s=1,p=1',
  'conv2d_bias_bn_relu:n=1,h=56,w=56,ci=64,co=128,k=3,s=2,p=1',
  'transpose_batch_matmul:b=1,l=128,h=12,d=64',
  'softmax:m=512,n=512',
  'linear:b=1,i=784,o=128',
];

const TARGET = 'wasm-simd128';

/** Times that are good to a few per cent, and thousands of them in an hour. */
export const SHORT = { samples: 5, minSampleMs: 2, warmupMs: 6 };

/** The queue in front of the measuring host that `npm run build` has made. */
export function builtMeasureQueue(): MeasureQueue {
  return createLocalMeasureQueue({
    mainPath: fileURLToPath(new URL('../dist/worker/main.js', import.meta.url)),
  });
}

/** Times in nanoseconds, by program. */
export interface Times {
  readonly get: (programHash: string) => number | undefined;
  readonly set: (programHash: string, latencyNs: number) => void;
}

/** Times that outlive the process, in a file of JSON lines. */
export function openTimes(path: string): Times {
  const known = new Map<string, number>(
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => z.tuple([z.string(), z.number()]).parse(JSON.parse(line)))
      : [],
  );
  return {
    get: (programHash) => known.get(programHash),
    set: (programHash, latencyNs) => {
      known.set(programHash, latencyNs);
      appendFileSync(path, `${JSON.stringify([programHash, latencyNs])}\n`);
    },
  };
}

/** Measures programs, each once. Failed ones take for ever. */
export type Bench = (trial: Omit<PastTrial, 'trial' | 'latencyNs'>) => Promise<number>;

/** @param kept what was measured with the same options before, and is to be kept */
export function createBench(
  queue: MeasureQueue,
  script: string,
  times: MeasureRequest['options'],
  kept?: Times,
): Bench {
  const known = new Map<string, number>();
  let best = Infinity;
  return async ({ trace, programHash }) => {
    const found = known.get(programHash) ?? kept?.get(programHash);
    if (found !== undefined) return found;
    const options = Number.isFinite(best) ? { ...times, stopAboveNs: best } : times;
    const outcome = await queue.measure({ script, target: TARGET, trace, options });
    const latency = outcome.status === 'measured' ? outcome.medianNs : Infinity;
    known.set(programHash, latency);
    if (Number.isFinite(latency)) kept?.set(programHash, latency);
    best = Math.min(best, latency);
    return latency;
  };
}

export interface Search {
  readonly script: string;
  readonly strategy: StrategyId;
  readonly model: CostModelId;
  readonly seed: number;
  readonly trials: number;
  /** Of a round. */
  readonly size: number;
  readonly warm: readonly WarmTrial[];
}

export interface Run {
  readonly script: string;
  readonly history: readonly PastTrial[];
  /** All of searching, and the part of it that the model takes to learn. */
  readonly searchMs: number;
  readonly fitMs: number;
  readonly measureMs: number;
  readonly generated: number;
}

/** Proposes and measures until the trials are spent or the space is exhausted. */
export async function search(
  { strategy, script, model, seed, trials, size, warm }: Search,
  measure: Bench,
): Promise<Run> {
  const { evolution } = SEARCH_DEFAULTS;
  const spec = { script, target: TARGET, space: 'default', strategy, model, evolution, seed, warm } as const;
  const fitting = { ms: 0 };
  const searcher = createStrategy(spec, { model: timedModel(costModel(model), fitting) });
  const history: PastTrial[] = [];
  let [searchMs, measureMs, generated] = [0, 0, 0];
  for (let round = 0; history.length < trials; round++) {
    const request = {
      round,
      firstTrial: history.length,
      size: Math.min(size, trials - history.length),
      spent: history.length / trials,
      history,
      model: null,
    };
    const { plan, searchMs: took } = proposeTimed(searcher, { ...request, history: [...history] });
    searchMs += took;
    generated += plan.generated;
    for (const { trace, traceHash, programHash } of plan.proposals) {
      const start = performance.now();
      const latency = await measure({ trace, traceHash, programHash });
      measureMs += performance.now() - start;
      const latencyNs = Number.isFinite(latency) ? latency : null;
      history.push({ trial: history.length, trace, traceHash, programHash, latencyNs });
    }
    if (plan.exhausted || plan.proposals.length === 0) break;
  }
  return { script, history, searchMs, fitMs: fitting.ms, measureMs, generated };
}

/** Adds what fitting takes to `spent`. */
function timedModel(model: CostModel, spent: { ms: number }): CostModel {
  return {
    ...model,
    fit: (samples, rng) => {
      const start = performance.now();
      const predictor = model.fit(samples, rng);
      spent.ms += performance.now() - start;
      return predictor;
    },
  };
}
