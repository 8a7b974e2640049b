/**
 * @file A contender in a process of its own, under the engine that is compared on. The parent asks for one thing at a time
 * and gets one answer to each.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ContenderId, Runner } from './contender.js';
import { prepareOrt } from './ort.js';
import { prepareOurs } from './ours.js';
import { inputsOf, rowNamed } from './suite.js';
import { prepareTfjs } from './tfjs.js';

type Request =
  | {
      readonly type: 'prepare';
      readonly contender: ContenderId;
      readonly row: string;
      readonly kernel: string;
    }
  | { readonly type: 'output' }
  | { readonly type: 'sample'; readonly ms: number };

type Answer =
  | { readonly type: 'prepared'; readonly able: boolean }
  | { readonly type: 'output'; readonly values: readonly number[] }
  /** Nanoseconds per run. */
  | { readonly type: 'sampled'; readonly ns: number }
  | { readonly type: 'failed'; readonly message: string };

/** Tiers of the engine change in this time, and caches fill. */
const WARM_UP_MS = 500;

/** A process with one contender, its program warm. */
export interface Racer {
  readonly id: ContenderId;
  readonly output: () => Promise<readonly number[]>;
  /** Runs for about so many milliseconds. @returns milliseconds per run */
  readonly sample: (ms: number) => Promise<number>;
  readonly end: () => void;
}

export interface RacerOptions {
  readonly engine: string;
  readonly flags: readonly string[];
  readonly row: string;
  /** Our kernel's loader. */
  readonly kernel: string;
}

/** @returns null when the contender cannot do the row */
export async function startRacer(
  id: ContenderId,
  { engine, flags, row, kernel }: RacerOptions,
): Promise<Racer | null> {
  const child = fork(fileURLToPath(import.meta.url), [], {
    execPath: engine,
    execArgv: [...flags, '--import', 'tsx'],
    serialization: 'advanced',
  });
  const ask = async (request: Request): Promise<Answer> => {
    const answer = answerOf(child);
    child.send(request);
    const given = await answer;
    if (given.type === 'failed') throw new Error(`${id} on ${row}: ${given.message}`);
    return given;
  };
  try {
    const prepared = await ask({ type: 'prepare', contender: id, row, kernel });
    if (prepared.type === 'prepared' && !prepared.able) {
      child.kill();
      return null;
    }
    await ask({ type: 'sample', ms: WARM_UP_MS });
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    id,
    output: async () => {
      const answer = await ask({ type: 'output' });
      return answer.type === 'output' ? answer.values : [];
    },
    sample: async (ms) => {
      const answer = await ask({ type: 'sample', ms });
      return answer.type === 'sampled' ? answer.ns / 1e6 : Number.NaN;
    },
    end: () => {
      child.kill();
    },
  };
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  const abort = new AbortController();
  const exit = once(child, 'exit', { signal: abort.signal }).then((): Answer => {
    return { type: 'failed', message: 'its process has ended' };
  });
  const message = once(child, 'message', { signal: abort.signal }).then(([answer]) => answer as Answer);
  try {
    return await Promise.race([message, exit]);
  } finally {
    abort.abort();
    await Promise.allSettled([exit, message]);
  }
}

async function sample({ run }: Runner, ms: number): Promise<number> {
  const start = performance.now();
  for (let runs = 1; ; runs++) {
    const pending = run();
    if (pending !== undefined) await pending;
    const elapsed = performance.now() - start;
    if (elapsed >= ms) return (elapsed * 1e6) / runs;
  }
}

async function serve(): Promise<void> {
  let runner: Runner | null = null;
  const answer = async (request: Request): Promise<Answer> => {
    if (request.type === 'prepare') {
      const row = rowNamed(request.row);
      const prepare = { ours: prepareOurs(request.kernel), tfjs: prepareTfjs, ort: prepareOrt }[
        request.contender
      ];
      runner = await prepare(row, inputsOf(row));
      return { type: 'prepared', able: runner !== null };
    }
    if (runner === null) throw new Error('nothing is prepared');
    if (request.type === 'sample') return { type: 'sampled', ns: await sample(runner, request.ms) };
    return { type: 'output', values: Array.from(await runner.output()) };
  };
  for await (const [request] of messagesOf()) {
    const given = await answer(request as Request).catch((error: unknown): Answer => {
      return {
        type: 'failed',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    });
    process.send?.(given);
  }
}

async function* messagesOf(): AsyncGenerator<unknown[]> {
  for (;;) yield (await once(process, 'message')) as unknown[];
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) await serve();
