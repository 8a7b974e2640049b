/** @file The command line as a user meets it: the built program, its output and its exit codes. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../../db/open.js';
import { listTunes } from '../../../db/tunes.js';
import { buildWorkload, WORKLOAD_NAMES } from '../../../shared/te/workload-table.js';
import { printScript } from '../../../shared/script/print.js';
import { temporaryDirectory } from '../../db/harness.js';

const MAIN = fileURLToPath(new URL('../../../dist/server/cli/main.js', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in a directory. */
function tilewright(directory: string, ...args: string[]): Promise<Outcome> {
  return tilewrightWith({}, directory, ...args);
}

function tilewrightWith(
  environment: Readonly<Record<string, string>>,
  directory: string,
  ...args: string[]
): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], TILEWRIGHT_DB: join(directory, 'cli.db'), ...environment };
    execFile(process.execPath, [MAIN, ...args], { cwd: directory, env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** Of what `tune --json` prints; scripts rely on them. */
const SUMMARY_KEYS = [
  'workload',
  'target',
  'trials',
  'failures',
  'baselineMs',
  'bestMs',
  'speedup',
  'gflops',
  'seconds',
  'trace',
  'script',
  'artifacts',
];

interface LoadedKernel {
  load(): Promise<{ call(inputs: Record<string, Float32Array>): Record<string, Float32Array> }>;
}

describe('tune', () => {
  it('ends with one line of JSON, and files that compute the right numbers', async () => {
    const directory = temporaryDirectory();
    const args = ['tune', 'matmul:m=16,n=16,k=16', '--trials', '3', '--out', 'made', '--json'];
    const { code, stdout, stderr } = await tilewright(directory, ...args);
    expect(code, stderr).toBe(0);
    const summary: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(Object.keys(summary as object)).toEqual(SUMMARY_KEYS);
    expect(summary).toMatchObject({
      workload: 'matmul:m=16,n=16,k=16',
      target: 'wasm-simd128',
      trials: 3,
      failures: {},
      artifacts: { wasm: 'made/best.wasm', mjs: 'made/best.mjs', dts: 'made/best.d.mts' },
    });
    const url = pathToFileURL(join(directory, 'made', 'best.mjs')).href;
    const kernel = await ((await import(/* @vite-ignore */ url)) as LoadedKernel).load();
    const { C } = kernel.call({ A: new Float32Array(256).fill(2), B: new Float32Array(256).fill(3) });
    expect(new Set(C)).toEqual(new Set([96]));
    expect(await readFile(join(directory, 'made', 'best.d.mts'), 'utf8')).toContain('load');
  });

  it('takes a script, whose best trace show prints and apply applies', async () => {
    const directory = temporaryDirectory();
    await writeFile(join(directory, 'add.py'), printScript(buildWorkload('vecadd:n=64').func));
    const tuned = await tilewright(directory, 'tune', 'add.py', '--trials', '2', '--json');
    expect(tuned.code, tuned.stderr).toBe(0);
    await writeFile(join(directory, 'record.json'), tuned.stdout.trim().split('\n').at(-1) ?? '');
    const shown = await tilewright(directory, 'show', 'record.json');
    expect(shown.stdout).toContain('sch.get_sblock(');
    const applied = await tilewright(directory, 'apply', 'add.py', '--trace', 'record.json');
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('@T.prim_func');
  });

  it('takes several programs: a table of all, and the files of each', async () => {
    const directory = temporaryDirectory();
    await writeFile(join(directory, 'add.py'), printScript(buildWorkload('vecadd:n=64').func));
    const programs = ['matmul:m=16,n=16,k=16', 'add.py'];
    const common = ['tune', ...programs, '--weights', '2,5', '--trials', '4'];
    const { code, stdout, stderr } = await tilewright(directory, ...common);
    expect(code, stderr).toBe(0);
    const header =
      /ID \| Name +\| +FLOP \| Weight \| Speed \(GFLOPS\) \| Latency \(us\) \| Weighted Latency \(us\) \| Trials \| Done/;
    expect(stdout).toMatch(header);
    expect(stdout).toMatch(/^ 1 \| vecadd \| +64 \| +5 \| .* \| Y$/m);
    expect(stdout).toContain('Total trials: 4');
    for (const task of ['0-matmul', '1-vecadd']) {
      for (const file of ['best.wasm', 'best.mjs', 'best.d.mts']) {
        expect(existsSync(join(directory, 'out', task, file)), `${task}/${file}`).toBe(true);
      }
    }
    const json = await tilewright(directory, ...common, '--json');
    expect(JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      trials: 4,
      tasks: [
        { name: 'matmul', workload: programs[0], weight: 2, artifacts: { wasm: 'out/0-matmul/best.wasm' } },
        { name: 'vecadd', workload: null, weight: 5, artifacts: { wasm: 'out/1-vecadd/best.wasm' } },
      ],
    });
  });

  it('shows what the passes of the compiler do, when asked to', async () => {
    const debug = { TILEWRIGHT_DEBUG: 'lower' };
    const args = ['tune', 'vecadd:n=8', '--trials', '1', '--json'];
    const { code, stdout, stderr } = await tilewrightWith(debug, temporaryDirectory(), ...args);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^-- partition-loops\nfor .* in /m);
    expect(stderr).toMatch(/^-- promote-locals\nkernel vecadd\(/m);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  it('that is interrupted cancels the tune, keeps what was found, and leaves no process', async () => {
    const directory = temporaryDirectory();
    const child = spawn(process.execPath, [MAIN, 'tune', 'matmul:m=64,n=64,k=64', '--trials', '1000'], {
      cwd: directory,
      env: { PATH: process.env['PATH'], TILEWRIGHT_DB: join(directory, 'cli.db') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let progress = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      progress += text;
    });
    await vi.waitUntil(() => progress.includes('best'), { timeout: 30_000 });
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code, progress).toBe(130);
    const db = openDatabase(join(directory, 'cli.db'));
    expect(listTunes(db, { limit: 2 }).map(({ status }) => status)).toEqual(['cancelled']);
    db.close();
  });

  it.each([
    ['an unknown workload', ['tune', 'matmull'], 'matmul'],
    ['a zero extent', ['tune', 'matmul:m=0'], 'm'],
    ['an enormous tensor', ['tune', 'vecadd:n=1000000000'], '16777216'],
    ['an unknown target', ['tune', 'vecadd', '--target', 'cuda'], 'cuda'],
    ['a file that is not there', ['tune', 'missing.py'], 'missing.py'],
    ['more weights than programs', ['tune', 'vecadd', '--weights', '1,2'], '2 weights'],
    ['a server that is not there', ['tune', 'vecadd', '--server', 'http://127.0.0.1:9'], '127.0.0.1:9'],
  ])('refuses %s in one line, before it begins', async (_, args, named) => {
    const directory = temporaryDirectory();
    const { code, stdout, stderr } = await tilewright(directory, ...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^tilewright: /);
    expect(stderr).toContain(named);
    expect(stderr).not.toMatch(/ {4}at /);
    expect(existsSync(join(directory, 'out'))).toBe(false);
  });

  it('does not search when the files could not be written', async () => {
    const directory = temporaryDirectory();
    await writeFile(join(directory, 'file'), '');
    const { code, stderr } = await tilewright(directory, 'tune', 'vecadd', '--out', 'file/out');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tilewright: cannot write file\/out: /);
    const db = openDatabase(join(directory, 'cli.db'));
    expect(listTunes(db, { limit: 2 }).map(({ status }) => status)).toEqual(['cancelled']);
    db.close();
  });

  it('names line and column of a fault in a script', async () => {
    const directory = temporaryDirectory();
    await writeFile(
      join(directory, 'bad.py'),
      '@T.prim_func\ndef main(A: T.Buffer((8,), "float99")):\n    pass\n',
    );
    const { code, stderr } = await tilewright(directory, 'tune', 'bad.py');
    expect(code).toBe(2);
    expect(stderr).toMatch(/line 2, column \d+/);
  });
});

describe('workloads', () => {
  it('lists them all, with parameters', async () => {
    const { code, stdout } = await tilewright(temporaryDirectory(), 'workloads');
    expect(code).toBe(0);
    for (const name of WORKLOAD_NAMES) expect(stdout).toContain(name);
    expect(stdout).toContain('m=128');
  });
});
