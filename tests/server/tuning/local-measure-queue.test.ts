import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalMeasureQueue } from '../../../server/tuning/local-measure-queue.js';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import { mul } from '../../../shared/ir/build.js';
import { EMPTY_TRACE, type FailureCode, type MeasureRequest } from '../../../shared/protocol/measure.js';
import { printScript } from '../../../shared/script/print.js';
import { HOST_MAIN_PATH } from '../../support/build.js';
import { elementwise, matmul } from '../../support/sample-programs.js';

const POISON_HOST_PATH = fileURLToPath(new URL('../../support/poison-host.mjs', import.meta.url));

const QUICK = { samples: 3, minSampleMs: 0.5, warmupMs: 2, timeoutMs: 700, buildTimeoutMs: 700 };

/** `B = A * 1` under a name that the poisoned compiler knows, or does not. */
function request(name: string, options: MeasureRequest['options'] = {}): MeasureRequest {
  const script = printScript(elementwise(name, 16, (x) => mul(x, 1)));
  return { script, target: 'wasm', trace: EMPTY_TRACE, options: { ...QUICK, ...options } };
}

describe('the measuring host', () => {
  let queue: MeasureQueue;
  beforeAll(() => {
    queue = createLocalMeasureQueue({ mainPath: HOST_MAIN_PATH });
  });
  afterAll(() => queue.close());

  it('says what engine it is, with the flags that keep code from changing under the clock', async () => {
    const engine = await queue.engine();
    expect(engine).toMatchObject({ engine: 'node', version: process.versions.node, arch: process.arch });
    expect(engine.flags).toContain('--no-liftoff');
    expect(engine.id).toMatch(/^[0-9a-f]{12}$/);
    expect(queue.isReady()).toBe(true);
  });

  it('measures a kernel', async () => {
    const script = printScript(matmul(16, 16, 16));
    const outcome = await queue.measure({ script, target: 'wasm', trace: EMPTY_TRACE, options: QUICK });
    expect(outcome).toMatchObject({ status: 'measured', exact: true, maxError: 0 });
    if (outcome.status !== 'measured') return;
    expect(outcome.samplesNs).toHaveLength(3);
    expect(outcome.medianNs).toBeGreaterThan(0);
    expect(outcome.engine).toEqual(await queue.engine());
  });

  it('races candidates', async () => {
    const script = printScript(matmul(16, 16, 16));
    const traces = [
      EMPTY_TRACE,
      [[['NoSuchInstruction', [], [], []]], []] as [unknown[], unknown[]],
      EMPTY_TRACE,
    ];
    const outcome = await queue.race({ script, target: 'wasm', traces, rounds: 6, options: QUICK });
    expect(outcome).toMatchObject({ status: 'raced' });
    if (outcome.status !== 'raced') return;
    expect(outcome.entries.map((entry) => entry.status)).toEqual(['measured', 'failed', 'measured']);
    expect(outcome.entries[0]).toHaveProperty('samplesNs.length', 6);
    expect(outcome.entries[2]).toHaveProperty('samplesNs.length', 6);
  });

  it('builds artifacts', async () => {
    const script = printScript(matmul(16, 16, 16));
    const outcome = await queue.artifact({ script, target: 'wasm', trace: EMPTY_TRACE, fileName: 'mm' });
    expect(outcome).toMatchObject({ status: 'built', mjs: expect.stringContaining('mm.wasm') });
    if (outcome.status !== 'built') return;
    expect(WebAssembly.validate(Buffer.from(outcome.wasmBase64, 'base64'))).toBe(true);
  });

  it('answers for a program that it cannot read', async () => {
    const outcome = await queue.measure({ script: 'def', target: 'wasm', trace: EMPTY_TRACE });
    expect(outcome).toMatchObject({ status: 'failed', code: 'build_error' });
  });

  it('refuses a request that is malformed, before it is sent', async () => {
    await expect(queue.measure({ ...request('x'), options: { samples: 0 } })).rejects.toThrow();
  });
});

describe('poisonous candidates', () => {
  let queue: MeasureQueue;
  const log: string[] = [];
  beforeAll(() => {
    queue = createLocalMeasureQueue({ mainPath: POISON_HOST_PATH, log: (text) => log.push(text) });
  });
  afterAll(() => queue.close());

  it.each<[string, FailureCode, RegExp]>([
    ['endless_run', 'timeout', /running the kernel took longer than 700 ms/],
    ['endless_bench', 'timeout', /running the kernel/],
    ['endless_build', 'timeout', /building the kernel took longer than 700 ms/],
    ['trap', 'trap', /unreachable/],
    ['out_of_bounds', 'trap', /out of bounds/],
    ['divide_by_zero', 'trap', /divide by zero/],
    ['deep_recursion', 'trap', /call stack/],
    ['wrong', 'wrong_result', /B\[5\] .* is 77 instead of/],
    ['not_a_number', 'not_finite', /B\[5\] .* is NaN instead of/],
    ['idle', 'wrong_result', /never written/],
    ['too_much_memory', 'oom', /bytes of memory/],
    ['heap_exhausted', 'oom', /memory/],
    ['bad_module', 'build_error', /magic/],
    ['defect', 'build_error', /^internal: undefined is not a compiler/],
    ['throws_text', 'build_error', /^internal: just text/],
    ['exit', 'lost', /exit/],
    ['kill_host', 'lost', /SIGKILL/],
  ])('%s is %s, and the candidates around it are measured', async (poison, code, message) => {
    const names = ['healthy_1', poison, 'healthy_2', 'healthy_3'];
    // Filling the heap takes a while; nothing else here takes as long as the limit but what takes for ever.
    const limits = poison === 'heap_exhausted' ? { buildTimeoutMs: 30_000 } : {};
    const outcomes = await Promise.all(names.map((name) => queue.measure(request(name, limits))));
    expect(outcomes.map(({ status }) => status)).toEqual(['measured', 'failed', 'measured', 'measured']);
    expect(outcomes[1]).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(queue.isReady()).toBe(true);
  });

  it('shows the stack of a defect in the log', () => {
    expect(log.join('')).toMatch(/TypeError: undefined is not a compiler\n\s+at /);
  });

  it('tries a candidate again when the host dies, and then believes it', async () => {
    const name = `kill_once_${randomUUID().replaceAll('-', '_')}`;
    try {
      expect(await queue.measure(request(name))).toMatchObject({ status: 'measured' });
    } finally {
      await rm(join(tmpdir(), name));
    }
  });

  it('fails a race in which a kernel hangs, and goes on', async () => {
    const { script, target } = request('endless_bench');
    const traces = [EMPTY_TRACE, EMPTY_TRACE];
    const outcome = await queue.race({ script, target, traces, options: { ...QUICK, timeoutMs: 300 } });
    expect(outcome).toMatchObject({ status: 'failed', code: 'timeout' });
    expect(await queue.measure(request('healthy'))).toMatchObject({ status: 'measured' });
  });
});

it('does not wait for a process that is no measuring host', async () => {
  const mainPath = fileURLToPath(new URL('../../support/babbling-host.mjs', import.meta.url));
  const queue = createLocalMeasureQueue({ mainPath });
  try {
    await expect(queue.engine()).rejects.toThrow('no message of the protocol');
    await expect(queue.measure(request('healthy'))).rejects.toThrow('no message of the protocol');
  } finally {
    await queue.close();
  }
});

describe('the queue', () => {
  it('answers an aborted job at once, running or waiting, and goes on with the next', async () => {
    const queue = createLocalMeasureQueue({ mainPath: POISON_HOST_PATH });
    try {
      const [running, waiting] = [new AbortController(), new AbortController()];
      const first = queue.measure(request('endless_run', { timeoutMs: 600_000 }), running.signal);
      const second = queue.measure(request('endless_run', { timeoutMs: 600_000 }), waiting.signal);
      const third = queue.measure(request('healthy'));
      await queue.engine();
      waiting.abort();
      expect(await second).toMatchObject({ status: 'failed', code: 'lost', message: 'cancelled' });
      running.abort();
      expect(await first).toMatchObject({ status: 'failed', code: 'lost', message: 'cancelled' });
      expect(await third).toMatchObject({ status: 'measured' });
      expect(await queue.measure(request('healthy'), AbortSignal.abort())).toMatchObject({ code: 'lost' });
    } finally {
      await queue.close();
    }
  });

  it('measures in the order of submission, and refuses more than may wait', async () => {
    const queue = createLocalMeasureQueue({ mainPath: POISON_HOST_PATH, maxWaiting: 4 });
    try {
      const done: number[] = [];
      const jobs = [0, 1, 2, 3].map(async (i) => {
        await queue.measure(request(`healthy_${i}`));
        done.push(i);
      });
      await expect(queue.measure(request('healthy'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
      await Promise.all(jobs);
      expect(done).toEqual([0, 1, 2, 3]);
      expect(await queue.measure(request('healthy'))).toMatchObject({ status: 'measured' });
    } finally {
      await queue.close();
    }
  });

  it('loses what is not done when it is closed, and takes nothing more', async () => {
    const queue = createLocalMeasureQueue({ mainPath: POISON_HOST_PATH });
    const job = queue.measure(request('endless_run', { timeoutMs: 600_000 }));
    await queue.engine();
    await queue.close();
    await queue.close();
    expect(await job).toMatchObject({ status: 'failed', code: 'lost' });
    expect(await queue.measure(request('healthy'))).toMatchObject({ status: 'failed', code: 'lost' });
    expect(queue.isReady()).toBe(false);
  });

  it.each([
    ['another binary that does not exist', { nodePath: '/nowhere/node', mainPath: POISON_HOST_PATH }],
    [
      'a program that ends at once',
      { mainPath: fileURLToPath(new URL('no-such-file.mjs', import.meta.url)) },
    ],
  ])('reports %s instead of hanging', async (_, options) => {
    const queue = createLocalMeasureQueue({ ...options, log: () => undefined });
    try {
      await expect(queue.engine()).rejects.toThrow('the measuring host');
      expect(await queue.measure(request('healthy'))).toMatchObject({ status: 'failed', code: 'lost' });
      expect(queue.isReady()).toBe(false);
    } finally {
      await queue.close();
    }
  });
});
