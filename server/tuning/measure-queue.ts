/**
 * @file Where candidates are sent to be measured. The tuner knows this interface only: the worker may be a process on
 * this machine (local-measure-queue.ts) or a fleet.
 *
 * Contract of every implementation:
 * - Whatever a program or a trace does becomes an outcome; a promise rejects only for the reasons named here.
 * - A job is done exactly once, except that one whose worker died is tried a second time before it is `lost`.
 * - Jobs that were sent first are begun first. Measurements on one machine never overlap.
 * - An aborted job is answered at once with `lost`; what runs is stopped.
 */
import type {
  ArtifactOutcome,
  ArtifactRequest,
  EngineFingerprint,
  MeasureOutcome,
  MeasureRequest,
  RaceOutcome,
  RaceRequest,
} from '../../shared/protocol/measure.js';

export interface MeasureQueue {
  /**
   * Measures one candidate.
   * @throws InputError `QUEUE_FULL` when too many jobs wait already.
   */
  readonly measure: (request: MeasureRequest, signal?: AbortSignal) => Promise<MeasureOutcome>;
  /** Measures candidates against each other, interleaved. @throws InputError `QUEUE_FULL`. */
  readonly race: (request: RaceRequest, signal?: AbortSignal) => Promise<RaceOutcome>;
  /** Builds the files of a candidate, checked once more. @throws InputError `QUEUE_FULL`. */
  readonly artifact: (request: ArtifactRequest, signal?: AbortSignal) => Promise<ArtifactOutcome>;
  /** The engine that measures. @throws Error when no worker can be started. */
  readonly engine: () => Promise<EngineFingerprint>;
  /** Whether a worker waits for jobs or works on one. */
  readonly isReady: () => boolean;
  /** Ends the workers; jobs that are not done become `lost`. Idempotent. */
  readonly close: () => Promise<void>;
}
