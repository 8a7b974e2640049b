/**
 * @file The measure queue of one machine: a first-in first-out list in front of one measuring host process. A host that
 * ends is started again for the next job; the job it was busy with gets a second try.
 */
import { fileURLToPath } from 'node:url';
import type { FromHost, HostJob } from '../../shared/protocol/host-message.js';
import {
  ArtifactRequestSchema,
  failed,
  MeasureRequestSchema,
  RaceRequestSchema,
  type Failed,
} from '../../shared/protocol/measure.js';
import { InputError, InternalError } from '../../shared/support/errors.js';
import { HostLostError, startHostProcess, type HostProcess } from './host-process.js';
import type { MeasureQueue } from './measure-queue.js';

export interface LocalMeasureQueueOptions {
  /** The Node binary to measure under; this process's own by default. */
  readonly nodePath?: string;
  /** Main module of the host, plain JavaScript; by default the one built beside this file. */
  readonly mainPath?: string;
  /** Jobs that may wait. */
  readonly maxWaiting?: number;
  /** Receives what the host writes to its standard error. */
  readonly log?: (text: string) => void;
}

const MAX_WAITING = 1024;
/** A job is begun at most this often. */
const MAX_ATTEMPTS = 2;
/** Time beyond all its limits after which a silent host is killed. */
const WATCHDOG_SLACK_MS = 60_000;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A job before it has a number. */
type Order = DistributiveOmit<HostJob, 'id'>;

export function createLocalMeasureQueue(options: LocalMeasureQueueOptions = {}): MeasureQueue {
  const start = (): HostProcess =>
    startHostProcess({
      nodePath: options.nodePath ?? process.execPath,
      mainPath: options.mainPath ?? fileURLToPath(new URL('../../worker/main.js', import.meta.url)),
      log: options.log ?? ((text) => process.stderr.write(text)),
    });
  let host = start();
  let isClosed = false;
  const livingHost = (): HostProcess => {
    if (!host.isAlive() && !isClosed) host = start();
    return host;
  };
  const line = createLine(livingHost, options.maxWaiting ?? MAX_WAITING);
  return {
    async measure(request, signal) {
      const answer = await line.submit(
        { type: 'measure', request: MeasureRequestSchema.parse(request) },
        signal,
      );
      if ('status' in answer) return answer;
      if (answer.type === 'measured') return answer.outcome;
      throw unexpected(answer);
    },
    async race(request, signal) {
      const answer = await line.submit({ type: 'race', request: RaceRequestSchema.parse(request) }, signal);
      if ('status' in answer) return answer;
      if (answer.type === 'raced') return answer.outcome;
      throw unexpected(answer);
    },
    async artifact(request, signal) {
      const answer = await line.submit(
        { type: 'artifact', request: ArtifactRequestSchema.parse(request) },
        signal,
      );
      if ('status' in answer) return answer;
      if (answer.type === 'built') return answer.outcome;
      throw unexpected(answer);
    },
    engine: () => livingHost().ready,
    isReady: () => host.isReady(),
    async close() {
      isClosed = true;
      line.close();
      await host.end();
    },
  };
}

/** The jobs, first come first served. */
interface Line {
  readonly submit: (order: Order, signal?: AbortSignal) => Promise<FromHost | Failed>;
  /** Aborts what is not done, and whatever comes. */
  readonly close: () => void;
}

function createLine(livingHost: () => HostProcess, maxWaiting: number): Line {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let nextId = 0;
  /** Of the jobs that are not answered yet. */
  const open = new Set<AbortController>();
  let isClosed = false;
  return {
    async submit(order, signal) {
      if (waiting >= maxWaiting) {
        throw new InputError('QUEUE_FULL', `${waiting} jobs wait to be measured already`);
      }
      waiting++;
      const job: HostJob = { ...order, id: nextId++ };
      const stop = new AbortController();
      const abort = (): void => stop.abort();
      open.add(stop);
      signal?.addEventListener('abort', abort, { once: true });
      if (isClosed || signal?.aborted === true) abort();
      const turn = last.then(() => {
        waiting--;
        return runJob(job, livingHost, stop.signal);
      });
      last = turn.catch(() => undefined);
      try {
        return await Promise.race([turn, abortion(stop.signal)]);
      } finally {
        open.delete(stop);
        signal?.removeEventListener('abort', abort);
      }
    },
    close() {
      isClosed = true;
      for (const stop of open) stop.abort();
    },
  };
}

function unexpected(answer: FromHost): InternalError {
  return new InternalError(`the measuring host answered with ${answer.type}`);
}

const ABORTED = failed('lost', 'cancelled');

/** Settles when the signal is aborted. */
function abortion(signal: AbortSignal): Promise<Failed> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(ABORTED);
    else signal.addEventListener('abort', () => resolve(ABORTED), { once: true });
  });
}

/** Has a job done, a second time when the first was lost. */
async function runJob(
  job: HostJob,
  livingHost: () => HostProcess,
  stop: AbortSignal,
): Promise<FromHost | Failed> {
  let loss = ABORTED;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && !stop.aborted; attempt++) {
    const host = livingHost();
    const cancel = (): void => host.cancel(job.id);
    stop.addEventListener('abort', cancel, { once: true });
    const watchdog = setTimeout(host.kill, watchdogMs(job));
    try {
      await host.ready;
      if (stop.aborted) return ABORTED;
      const answer = await host.run(job);
      if (!('outcome' in answer) || answer.outcome.status !== 'failed' || answer.outcome.code !== 'lost')
        return answer;
      loss = answer.outcome;
    } catch (error) {
      if (!(error instanceof HostLostError)) throw error;
      loss = failed('lost', error.message);
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener('abort', cancel);
    }
  }
  return loss;
}

/** The host keeps every time limit itself; this is for a host that hangs. */
function watchdogMs(job: HostJob): number {
  if (job.type === 'artifact') return WATCHDOG_SLACK_MS + 3 * job.request.timeoutMs;
  const { buildTimeoutMs, timeoutMs } = job.request.options;
  const candidates = job.type === 'race' ? job.request.traces.length * 2 : 1;
  return WATCHDOG_SLACK_MS + timeoutMs + candidates * (buildTimeoutMs + timeoutMs);
}
