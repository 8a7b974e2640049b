/**
 * @file Search strategies against each other, measured for real: `npm run bench:search [-- --json]`.
 *
 * Every strategy searches every program of the suite under several seeds. A program is measured once, whoever proposes
 * it first: what differs between strategies is then what they propose, and not the noise of the day. As in the service,
 * evolutionary search starts with what was measured of other programs: here 64 random trials of each other one
 * (`--cold` does without).
 *
 *   trialsRatio   trials of `evolutionary` over trials of `replay-trace` until 95 % of the best throughput known;
 *                 medians over the seeds, geometric mean over the suite. A run that does not get there counts as all
 *                 of its trials.
 *   quality64     throughput of evolutionary's best after 64 trials over the best known; geometric mean
 *   overhead      time of searching over time of searching and measuring, in rounds of 64
 *   candidatesPerSecond   traces that are generated, postprocessed and scored, per second of searching
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SEARCH_DEFAULTS, type StrategyId } from '../shared/protocol/search-options.js';
import type { MeasureRequest } from '../shared/protocol/measure.js';
import { printScript } from '../shared/script/print.js';
import { at } from '../shared/support/errors.js';
import { median } from '../shared/support/statistics.js';
import { buildWorkload } from '../shared/te/workload-table.js';
import { createLocalMeasureQueue } from '../server/tuning/local-measure-queue.js';
import { createStrategy, proposeTimed, type WarmTrial } from '../server/tuning/search.js';
import type { PastTrial } from '../server/tuning/strategies/round.js';

const SUITE = [
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

const CLOSE_ENOUGH = 0.95;

/** Times that are good to a few per cent, and thousands of them in an hour. */
const SHORT = { samples: 5, minSampleMs: 2, warmupMs: 6 };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '5' },
    /** Trials of replay-trace, and of evolutionary. */
    random: { type: 'string', default: '1000' },
    evolved: { type: 'string', default: '300' },
    suite: { type: 'string' },
    model: { type: 'string', default: SEARCH_DEFAULTS.model },
    cache: { type: 'string' },
    cold: { type: 'boolean', default: false },
    round: { type: 'string', default: String(SEARCH_DEFAULTS.trialsPerRound) },
    out: { type: 'string' },
  },
});

interface Run {
  readonly script: string;
  readonly history: readonly PastTrial[];
  readonly searchMs: number;
  readonly measureMs: number;
  readonly generated: number;
}

const queue = createLocalMeasureQueue({
  mainPath: fileURLToPath(new URL('../dist/worker/main.js', import.meta.url)),
});

/** What earlier runs have measured (`--cache FILE`), by program. */
const cached = new Map<string, number>(
  values.cache !== undefined && existsSync(values.cache)
    ? readFileSync(values.cache, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => z.tuple([z.string(), z.number()]).parse(JSON.parse(line)))
    : [],
);

/** Measures programs, each once. Failed ones take for ever. */
type Bench = (trial: Omit<PastTrial, 'trial' | 'latencyNs'>) => Promise<number>;

function createBench(script: string, times: MeasureRequest['options']): Bench {
  const known = new Map<string, number>();
  let best = Infinity;
  return async ({ trace, programHash }) => {
    const found = known.get(programHash) ?? (times === SHORT ? cached.get(programHash) : undefined);
    if (found !== undefined) return found;
    const options = Number.isFinite(best) ? { ...times, stopAboveNs: best } : times;
    const outcome = await queue.measure({ script, target: 'wasm-simd128', trace, options });
    const latency = outcome.status === 'measured' ? outcome.medianNs : Infinity;
    known.set(programHash, latency);
    if (values.cache !== undefined && times === SHORT && Number.isFinite(latency)) {
      appendFileSync(values.cache, `${JSON.stringify([programHash, latency])}\n`);
    }
    best = Math.min(best, latency);
    return latency;
  };
}

interface Search {
  readonly script: string;
  readonly strategy: StrategyId;
  readonly seed: number;
  readonly trials: number;
  readonly size: number;
  readonly warm: readonly WarmTrial[];
}

async function search({ strategy, script, seed, trials, size, warm }: Search, measure: Bench): Promise<Run> {
  const { evolution } = SEARCH_DEFAULTS;
  const model = values.model === 'random' ? 'random' : 'gbdt';
  const target = 'wasm-simd128';
  const spec = {
    script,
    target,
    space: 'default',
    strategy,
    model,
    evolution,
    seed,
    warm,
  } as const;
  const searcher = createStrategy(spec);
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
  return { script, history, searchMs, measureMs, generated };
}

function latenciesOf({ history }: Run): number[] {
  return history.map(({ latencyNs }) => latencyNs ?? Infinity);
}

function bestOf(latencies: readonly number[]): number {
  return latencies.reduce((least, latency) => Math.min(least, latency), Infinity);
}

/** Trials until the throughput is close to the best; all of them when it never is. */
function trialsTo(latencies: readonly number[], best: number): number {
  const index = latencies.findIndex((latency) => best / latency >= CLOSE_ENOUGH);
  return index < 0 ? latencies.length : index + 1;
}

/** A program of the suite, and what is known of it. */
interface Subject {
  readonly program: string;
  readonly script: string;
  readonly measure: Bench;
  readonly random: Run[];
}

const size = Number(values.round);
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);

/** With the first of its random runs: the other programs' searches learn from it. */
async function subjectOf(program: string): Promise<Subject> {
  const script = printScript(buildWorkload(program).func);
  const measure = createBench(script, SHORT);
  const run = {
    script,
    strategy: 'replay-trace',
    seed: 0,
    trials: Number(values.random),
    size,
    warm: [],
  } as const;
  return { program, script, measure, random: [await search(run, measure)] };
}

const WARM_TRIALS = 64;

function warmTrials(subjects: readonly Subject[]): WarmTrial[] {
  return subjects.flatMap(({ script, random }) =>
    at(random, 0)
      .history.slice(0, WARM_TRIALS)
      .flatMap(({ trace, latencyNs }) => (latencyNs === null ? [] : [{ script, trace, latencyNs }])),
  );
}

async function compare({ program, script, measure, random }: Subject, warm: readonly WarmTrial[]) {
  // With the service's own measuring: what searching costs in comparison.
  const wide = await search(
    { script, strategy: 'evolutionary', seed: 0, trials: 128, size: 64, warm },
    createBench(script, {}),
  );
  const evolved: Run[] = [];
  for (const seed of seeds) {
    const trials = Number(values.evolved);
    evolved.push(await search({ script, strategy: 'evolutionary', seed, trials, size, warm }, measure));
    if (seed === 0) continue;
    const run = {
      script,
      strategy: 'replay-trace',
      seed,
      trials: Number(values.random),
      size,
      warm: [],
    } as const;
    random.push(await search(run, measure));
  }
  const best = bestOf([...evolved, ...random].flatMap(latenciesOf));
  const trials = (runs: readonly Run[]): number =>
    median(runs.map((run) => trialsTo(latenciesOf(run), best)));
  const after64 = (runs: readonly Run[]): number =>
    median(runs.map((run) => best / bestOf(latenciesOf(run).slice(0, 64))));
  return {
    program,
    bestNs: best,
    trials: { evolutionary: trials(evolved), random: trials(random) },
    quality64: { evolutionary: after64(evolved), random: after64(random) },
    overhead: wide.searchMs / (wide.searchMs + wide.measureMs),
    candidatesPerSecond: (wide.generated / wide.searchMs) * 1000,
  };
}

function geometricMean(list: readonly number[]): number {
  return Math.exp(list.reduce((sum, x) => sum + Math.log(x), 0) / list.length);
}

const rows: Awaited<ReturnType<typeof compare>>[] = [];
const subjects: Subject[] = [];
for (const program of values.suite?.split(' ') ?? SUITE) subjects.push(await subjectOf(program));
for (const subject of subjects) {
  const others = values.cold ? [] : subjects.filter((other) => other !== subject);
  const row = await compare(subject, warmTrials(others));
  rows.push(row);
  if (values.json) continue;
  console.log(
    [
      row.program,
      `best ${(row.bestNs / 1e3).toPrecision(4)} us`,
      `trials to 95 %: ${row.trials.evolutionary} against ${row.trials.random}`,
      `after 64: ${row.quality64.evolutionary.toFixed(3)} against ${row.quality64.random.toFixed(3)}`,
      `overhead ${row.overhead.toFixed(2)}`,
      `${row.candidatesPerSecond.toFixed(0)} candidates/s`,
    ].join(' | '),
  );
}
const summary = {
  trialsRatio: geometricMean(rows.map(({ trials }) => trials.evolutionary / trials.random)),
  quality64: geometricMean(rows.map(({ quality64 }) => quality64.evolutionary)),
  overhead: median(rows.map(({ overhead }) => overhead)),
  candidatesPerSecond: at(
    rows.map((row) => row.candidatesPerSecond).toSorted((a, b) => a - b),
    0,
  ),
  rows,
};
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(summary, null, 2)}\n`);
console.log(JSON.stringify(values.json ? summary : { ...summary, rows: rows.length }));
await queue.close();
