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
 *   candidatesPerSecond   traces that are generated, postprocessed and scored, per second of that (fitting the model is
 *                 part of the overhead)
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SEARCH_DEFAULTS } from '../shared/protocol/search-options.js';
import { printScript } from '../shared/script/print.js';
import { at } from '../shared/support/errors.js';
import { median } from '../shared/support/statistics.js';
import { buildWorkload } from '../shared/te/workload-table.js';
import type { WarmTrial } from '../server/tuning/search.js';
import {
  builtMeasureQueue,
  createBench,
  openTimes,
  search,
  SHORT,
  SUITE,
  type Bench,
  type Run,
} from './measured-search.js';

const CLOSE_ENOUGH = 0.95;

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

const queue = builtMeasureQueue();
const model = values.model === 'random' ? 'random' : 'gbdt';
const times = values.cache === undefined ? undefined : openTimes(values.cache);

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
  const measure = createBench(queue, script, SHORT, times);
  const run = {
    script,
    strategy: 'replay-trace',
    model,
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
    { script, strategy: 'evolutionary', model, seed: 0, trials: 128, size: 64, warm },
    createBench(queue, script, {}),
  );
  const evolved: Run[] = [];
  for (const seed of seeds) {
    const trials = Number(values.evolved);
    evolved.push(
      await search({ script, strategy: 'evolutionary', model, seed, trials, size, warm }, measure),
    );
    if (seed === 0) continue;
    const run = {
      script,
      strategy: 'replay-trace',
      model,
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
    candidatesPerSecond: (wide.generated / (wide.searchMs - wide.fitMs)) * 1000,
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
