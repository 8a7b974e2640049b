/**
 * @file Our kernels against what people ship otherwise: `npm run bench:setup && npm run bench:ops [-- OPTIONS]`.
 *
 * Every row is tuned through the command line; its exported kernel then runs against TensorFlow.js (XNNPACK) and ONNX
 * Runtime Web (MLAS), each in a process of its own under the same engine, one thread each, in interleaved rounds. Results
 * are compared before any time counts. Times are medians over the rounds.
 *
 *   --target T     wasm-simd128 (default) or wasm-relaxed-simd
 *   --peers LIST   tfjs,ort
 *   --suite NAME   ops
 *   --engine PATH  a Node binary; `current` is the one that bench:setup installs; default: the one that runs this
 *   --trials N     budget of each tune, 300
 *   --only REGEX   rows whose names match
 *   --out FILE     writes the summary
 *   --json         prints rows and, last, the summary as JSON
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { at, InputError } from '../shared/support/errors.js';
import { median } from '../shared/support/statistics.js';
import type { PeerId } from './ops/contender.js';
import { areInstalled, CURRENT_NODE } from './ops/peer-package.js';
import { startRacer, type Racer } from './ops/process.js';
import { ofCeiling, relativeError, summarizeOps, type OpsRow } from './ops/roofline.js';
import { SUITES, type Row } from './ops/suite.js';
import { secondsToBeat, tuneRow } from './ops/tuned.js';

const ROUNDS = 15;
const SAMPLE_MS = 40;
/** Of the greatest value: sums of thousands of products in other orders. */
const TOLERANCE = 1e-4;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'wasm-simd128' },
    peers: { type: 'string', default: 'tfjs,ort' },
    suite: { type: 'string', default: 'ops' },
    engine: { type: 'string', default: process.execPath },
    trials: { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const engine = values.engine === 'current' ? CURRENT_NODE : values.engine;
const target = z.enum(['wasm-simd128', 'wasm-relaxed-simd']).parse(values.target);
const peers: PeerId[] = z.array(z.enum(['tfjs', 'ort'])).parse(values.peers.split(','));
const trials = z.coerce.number().int().positive().parse(values.trials);
const suite = SUITES[values.suite];
if (suite === undefined) throw new InputError('UNKNOWN_SUITE', `there is no suite ${values.suite}`);
const only = new RegExp(values.only);
const chosen = suite.filter(({ name }) => only.test(name));
if (chosen.length === 0) throw new InputError('NO_ROW', `no row matches ${values.only}`);
if (!areInstalled()) throw new InputError('NO_PEERS', 'the peers are not installed: npm run bench:setup');

const CeilingsSchema = z.object({
  engine: z.object({ version: z.string(), v8: z.string(), cpu: z.string(), id: z.string() }).loose(),
  mulAdd: z.number(),
  relaxedMadd: z.number().nullable(),
  copy: z.number(),
});

async function ceilingsOf(path: string): Promise<z.infer<typeof CeilingsSchema>> {
  const program = fileURLToPath(new URL('ceilings.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(path, ['--import', 'tsx', program, '--json']);
  return CeilingsSchema.parse(JSON.parse(stdout));
}

/** Older versions have relaxed SIMD behind a flag, newer ones do not know the flag. */
function relaxedFlags(path: string): string[] {
  const flag = '--experimental-wasm-relaxed-simd';
  return spawnSync(path, [flag, '-e', '']).status === 0 ? [flag] : [];
}

async function checkResults(racers: readonly Racer[], name: string): Promise<void> {
  const wanted = await at(racers, 0).output();
  for (const racer of racers.slice(1)) {
    const error = relativeError(await racer.output(), wanted);
    if (!(error <= TOLERANCE)) throw new Error(`${name}: ${racer.id} differs from ours by ${error}`);
  }
}

interface Times {
  readonly median: number | null;
  readonly minimum: number | null;
}

async function compare(racers: readonly Racer[]): Promise<(id: string) => Times> {
  const samples = new Map(racers.map(({ id }) => [id as string, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const racer of racers) samples.get(racer.id)?.push(await racer.sample(SAMPLE_MS));
  }
  return (id) => {
    const times = samples.get(id) ?? [];
    return times.length === 0
      ? { median: null, minimum: null }
      : { median: median(times), minimum: Math.min(...times) };
  };
}

async function measureRow(row: Row, directory: string): Promise<OpsRow> {
  const kernel = await tuneRow(row, { engine, target, trials, directory });
  const options = { engine, flags, row: row.name, kernel: kernel.mjs };
  const racers: Racer[] = [];
  try {
    for (const id of ['ours', ...peers] as const) {
      const racer = await startRacer(id, options);
      if (racer !== null) racers.push(racer);
    }
    if (racers.length < 2) throw new Error('no peer can do this');
    await checkResults(racers, row.name);
    const times = await compare(racers);
    const ours = times('ours').median ?? Number.NaN;
    const best = Math.min(...peers.map((id) => times(id).median ?? Infinity));
    return {
      name: row.name,
      ours,
      peers: Object.fromEntries(peers.map((id) => [id, times(id).median])),
      ratio: best / ours,
      ofCeiling: ofCeiling(row, ours, target, ceilings),
      trials: kernel.trials,
      seconds: kernel.seconds,
      secondsToBeat: secondsToBeat(kernel, best),
      bytes: kernel.bytes,
      minimum: Object.fromEntries(['ours', ...peers].map((id) => [id, times(id).minimum])),
    };
  } finally {
    for (const racer of racers) racer.end();
  }
}

function show(row: OpsRow): string {
  const times = Object.entries(row.peers).map(
    ([id, ms]) => `${id} ${ms === null ? 'none' : ms.toPrecision(3)}`,
  );
  return [
    row.name.padEnd(44),
    `ours ${row.ours.toPrecision(3)} ms`,
    ...times,
    `${row.ratio.toFixed(2)}x`,
    `${row.ofCeiling.toFixed(2)} of the ceiling`,
    `${row.bytes} bytes`,
    row.secondsToBeat === null ? 'never faster' : `faster after ${row.secondsToBeat.toFixed(0)} s`,
  ].join(' | ');
}

const flags = relaxedFlags(engine);
const ceilings = await ceilingsOf(engine);
console.log(
  `Node ${ceilings.engine.version} on ${ceilings.engine.cpu}: mul+add ${ceilings.mulAdd.toFixed(1)} GFLOP/s, ` +
    `relaxed madd ${ceilings.relaxedMadd?.toFixed(1) ?? 'none'}, copy ${ceilings.copy.toFixed(1)} GB/s`,
);
const rows: OpsRow[] = [];
for (const row of chosen) {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ops-'));
  try {
    const measured = await measureRow(row, directory);
    rows.push(measured);
    console.log(values.json ? JSON.stringify(measured) : show(measured));
  } catch (error) {
    process.exitCode = 1;
    console.error(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}
const { engine: fingerprint, ...rates } = ceilings;
const summary = { engine: fingerprint, target, ...summarizeOps(rows), ceilings: rates, rows };
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(summary, null, 2)}\n`);
console.log(
  values.json
    ? JSON.stringify(summary)
    : `geometric mean ${summary.geomean.toFixed(2)}x, worst ${summary.worst.toFixed(2)}x, ` +
        `median time until faster ${summary.secondsToBeat?.toFixed(0) ?? 'infinite'} s`,
);
