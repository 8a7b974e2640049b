/**
 * @file The measuring thread, as the host sees it: a Piscina pool of one thread that runs one job at a time. Timing
 * wants the core to itself, so jobs never overlap.
 *
 * A job that misses its deadline is aborted, which kills the thread and starts a fresh one; so does whatever else ends
 * a thread. Either way exactly one job is lost.
 */
import { Piscina } from 'piscina';
import type { HostJob } from '../shared/protocol/host-message.js';
import { failed, type EngineFingerprint, type Failed } from '../shared/protocol/measure.js';
import type { JobAnswer, PhaseMessage } from './measure/serve-jobs.js';
import type { Phase } from './measure/failure.js';

export interface PoolOptions {
  /** URL of the task's module. */
  readonly taskUrl: string;
  readonly engine: EngineFingerprint;
}

export interface Pool {
  /** Runs a job when those before it are done. Never rejects: what ends a job early becomes its failure. */
  readonly run: (job: HostJob, signal: AbortSignal) => Promise<JobAnswer>;
}

/** JavaScript heap of the thread. Wasm memory is apart: its limit is the target's. */
const HEAP_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };
/** A thread that has not started its job by then never will. */
const START_TIMEOUT_MS = 30_000;

export function createPool({ taskUrl, engine }: PoolOptions): Pool {
  const piscina = new Piscina({
    filename: taskUrl,
    name: 'run',
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    // The thread sleeps in its event loop between jobs, where the engine can free what the last one left behind.
    atomics: 'disabled',
    resourceLimits: HEAP_LIMITS,
    workerData: engine,
  });
  // An idle thread that dies is replaced when the next job comes.
  piscina.on('error', (error) => process.stderr.write(`measuring thread: ${String(error)}\n`));

  let last: Promise<unknown> = Promise.resolve();
  return {
    run(job, signal) {
      const answer = last.then(() => runJob(piscina, job, signal));
      last = answer;
      return answer;
    },
  };
}

async function runJob(
  piscina: Piscina<HostJob, JobAnswer>,
  job: HostJob,
  cancelled: AbortSignal,
): Promise<JobAnswer> {
  if (cancelled.aborted) return answerFailed(job, failed('lost', 'cancelled'));
  const deadline = createDeadline();
  const onMessage = (message: PhaseMessage): void => {
    if (message.id === job.id) deadline.restart(limitOf(job, message.phase), message.phase);
  };
  piscina.on('message', onMessage);
  try {
    return await piscina.run(job, { signal: AbortSignal.any([cancelled, deadline.signal]) });
  } catch (error) {
    if (cancelled.aborted) return answerFailed(job, failed('lost', 'cancelled'));
    return answerFailed(job, deadline.failure() ?? threadFailure(error));
  } finally {
    deadline.clear();
    piscina.off('message', onMessage);
  }
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly restart: (limitMs: number, phase: Phase) => void;
  readonly clear: () => void;
  /** What to say when the deadline has passed, `null` before. */
  readonly failure: () => Failed | null;
}

const BUSY_WITH: { readonly [P in Phase]: string } = {
  reference: 'computing the reference',
  build: 'building the kernel',
  run: 'running the kernel',
};

/** A time limit that starts anew with every phase. */
function createDeadline(): Deadline {
  const controller = new AbortController();
  let failure: Failed | null = null;
  const start = (limitMs: number, outcome: Failed): NodeJS.Timeout =>
    setTimeout(() => {
      failure = outcome;
      controller.abort();
    }, limitMs);
  let timer = start(START_TIMEOUT_MS, failed('lost', 'the measuring thread did not start'));
  return {
    signal: controller.signal,
    restart(limitMs, phase) {
      clearTimeout(timer);
      timer = start(limitMs, failed('timeout', `${BUSY_WITH[phase]} took longer than ${limitMs} ms`));
    },
    clear: () => clearTimeout(timer),
    failure: () => failure,
  };
}

function limitOf(job: HostJob, phase: Phase): number {
  if (job.type === 'artifact') return job.request.timeoutMs;
  return phase === 'build' ? job.request.options.buildTimeoutMs : job.request.options.timeoutMs;
}

/** The task itself answers for whatever a candidate does; an error that arrives here ended the thread. */
function threadFailure(error: unknown): Failed {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  return failed(code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'oom' : 'lost', message);
}

function answerFailed(job: HostJob, outcome: Failed): JobAnswer {
  const { id } = job;
  switch (job.type) {
    case 'measure':
      return { type: 'measured', id, outcome };
    case 'race':
      return { type: 'raced', id, outcome };
    case 'artifact':
      return { type: 'built', id, outcome };
  }
}
