/** @file A measuring queue without a worker: what becomes of a candidate is a function of its trace. */
import { createHash } from 'node:crypto';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import {
  failed,
  type ArtifactOutcome,
  type ArtifactRequest,
  type Failed,
  type MeasureOutcome,
  type MeasureRequest,
  type RaceEntry,
  type RaceOutcome,
  type RaceRequest,
  type TraceJson,
} from '../../../shared/protocol/measure.js';
import { median } from '../../../shared/support/statistics.js';
import { engine, measured } from '../../db/records.js';

/** Slower than every candidate. */
export const BASELINE_NS = 100_000;

/** A time for every trace. */
export function timeOf(trace: TraceJson): number {
  if (isBaseline(trace)) return BASELINE_NS;
  const hash = createHash('sha256').update(JSON.stringify(trace)).digest();
  return 1000 + (hash.readUInt32BE() % 50_000);
}

export function isBaseline([insts]: TraceJson): boolean {
  return insts.length === 0;
}

/** What a job comes to; `n` jobs of its kind came before it. */
interface Outcomes {
  readonly measure?: (request: MeasureRequest, n: number) => MeasureOutcome | Promise<MeasureOutcome>;
  readonly race?: (request: RaceRequest) => RaceOutcome;
  readonly artifact?: (request: ArtifactRequest) => ArtifactOutcome;
}

export interface FakeQueue extends MeasureQueue {
  /** What it was asked for, in order. */
  readonly measurements: readonly MeasureRequest[];
  readonly races: readonly RaceRequest[];
  readonly artifacts: readonly ArtifactRequest[];
}

/** A queue that keeps its contract: an aborted job is `lost`, and so is whatever comes after `close`. */
export function fakeQueue(outcomes: Outcomes = {}): FakeQueue {
  const measurements: MeasureRequest[] = [];
  const races: RaceRequest[] = [];
  const artifacts: ArtifactRequest[] = [];
  const closing = new AbortController();
  const unlessAborted = async <T>(signal: AbortSignal | undefined, work: () => T | Promise<T>) => {
    const stop = AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]);
    if (stop.aborted) return failed('lost', 'cancelled');
    const aborted = new Promise<Failed>((resolve) => {
      stop.addEventListener('abort', () => resolve(failed('lost', 'cancelled')), { once: true });
    });
    return Promise.race([work(), aborted]);
  };
  return {
    measurements,
    races,
    artifacts,
    measure: (request, signal) =>
      unlessAborted(signal, () => {
        const n = measurements.push(request) - 1;
        return outcomes.measure?.(request, n) ?? measured(timeOf(request.trace));
      }),
    race: (request, signal) =>
      unlessAborted(signal, () => {
        races.push(request);
        return outcomes.race?.(request) ?? raced(request.traces.map((trace) => [timeOf(trace)]));
      }),
    artifact: (request, signal) =>
      unlessAborted(signal, () => {
        artifacts.push(request);
        return outcomes.artifact?.(request) ?? failed('build_error', 'nothing is built here');
      }),
    engine: async () => engine(),
    isReady: () => !closing.signal.aborted,
    close: async () => closing.abort(),
  };
}

/** The outcome of a race in which these samples were taken; `null`: the kernel trapped. */
export function raced(samples: readonly (readonly number[] | null)[]): RaceOutcome {
  const entries = samples.map((samplesNs): RaceEntry => {
    if (samplesNs === null) return failed('trap', 'unreachable');
    return {
      status: 'measured',
      medianNs: median(samplesNs),
      samplesNs: [...samplesNs],
      spread: 0,
      batch: 1,
    };
  });
  return { status: 'raced', entries, engine: engine() };
}
