/**
 * @file The project's main job against the machine's ceiling: `npm run bench:tune [-- --trials N] [-- --json]`.
 *
 * Tunes each program through the command line, on a database of its own, between two measurements of the ceiling: on a
 * noisy machine the ratio holds only when the ceiling was the same before and after.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { prepareEngine } from '../worker/engine.js';
import { measureCeilings } from './ceilings.js';

/** What is tuned, and the least that it should reach. `null`: memory-bound, only the speed-up counts. */
const GOALS: readonly {
  readonly program: string;
  readonly speedup: number;
  readonly ofCeiling: number | null;
}[] = [
  { program: 'matmul:m=128,n=128,k=128', speedup: 8, ofCeiling: 0.55 },
  { program: 'matmul:m=512,n=512,k=512', speedup: 1, ofCeiling: 0.5 },
  { program: 'conv2d_nhwc:n=1,h=56,w=56,ci=64,co=64,k=3,s=1,p=1', speedup: 1, ofCeiling: 0.4 },
  { program: 'linear:b=1,i=784,o=128', speedup: 1, ofCeiling: null },
  { program: 'softmax:m=512,n=512', speedup: 1, ofCeiling: null },
  { program: 'vecadd', speedup: 1, ofCeiling: null },
];

const SummarySchema = z.object({
  trials: z.number(),
  failures: z.record(z.string(), z.number()),
  baselineMs: z.number(),
  bestMs: z.number(),
  speedup: z.number(),
  gflops: z.number(),
  seconds: z.number(),
});

const CLI = fileURLToPath(new URL('../dist/server/cli/main.js', import.meta.url));

async function tune(program: string, trials: number): Promise<z.infer<typeof SummarySchema>> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-tune-'));
  try {
    const args = [
      CLI,
      'tune',
      program,
      '--trials',
      String(trials),
      '--out',
      join(directory, 'out'),
      '--json',
    ];
    const env = { ...process.env, TILEWRIGHT_DB: join(directory, 'bench.db') };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return SummarySchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } finally {
    await rm(directory, { recursive: true });
  }
}

const { values } = parseArgs({
  options: { trials: { type: 'string', default: '64' }, json: { type: 'boolean', default: false } },
});
prepareEngine();
const ceiling = measureCeilings().mulAdd;
console.log(`ceiling ${ceiling.toFixed(1)} GFLOP/s (mul + add)`);
for (const { program, speedup, ofCeiling } of GOALS) {
  const result = await tune(program, Number(values.trials));
  const reached = result.gflops / ceiling;
  if (values.json) {
    console.log(JSON.stringify({ program, ceiling, ofCeiling: reached, ...result }));
    continue;
  }
  const isMet = result.speedup >= speedup && (ofCeiling === null || reached >= ofCeiling);
  console.log(
    [
      program,
      `${result.baselineMs.toPrecision(3)} -> ${result.bestMs.toPrecision(3)} ms`,
      `${result.speedup.toFixed(1)}x (goal ${speedup}x)`,
      `${reached.toFixed(2)} of the ceiling${ofCeiling === null ? '' : ` (goal ${ofCeiling})`}`,
      `${result.trials} trials in ${result.seconds.toFixed(0)} s`,
      `failures ${JSON.stringify(result.failures)}`,
      isMet ? 'met' : 'MISSED',
    ].join(' | '),
  );
}
console.log(`ceiling ${measureCeilings().mulAdd.toFixed(1)} GFLOP/s, measured again`);
