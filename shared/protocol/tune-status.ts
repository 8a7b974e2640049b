/** @file The states of a tune and the ways between them. */

export const TUNE_STATUSES = [
  'queued',
  'running',
  'paused',
  'stopping',
  'succeeded',
  'stopped',
  'cancelled',
  'failed',
] as const;

export type TuneStatus = (typeof TUNE_STATUSES)[number];

/**
 * Which states may follow. Pause: no new candidates. Stop: finish what is under way and keep the best. Cancel: now.
 * A state without successors is final.
 */
export const NEXT_STATUSES: { readonly [S in TuneStatus]: readonly TuneStatus[] } = {
  queued: ['running', 'paused', 'stopped', 'cancelled', 'failed'],
  running: ['paused', 'stopping', 'succeeded', 'cancelled', 'failed'],
  paused: ['running', 'stopping', 'cancelled', 'failed'],
  stopping: ['stopped', 'cancelled', 'failed'],
  succeeded: [],
  stopped: [],
  cancelled: [],
  failed: [],
};

/** Whether nothing about the tune will change any more. */
export function isFinal(status: TuneStatus): boolean {
  return NEXT_STATUSES[status].length === 0;
}
