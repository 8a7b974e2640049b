/** @file A whole tune over a space of the test's own: real database, real measuring host, the product's tuner. */
import { listCandidates } from '../../../db/candidates.js';
import type { CandidateRecord } from '../../../db/candidate-record.js';
import type { Database } from '../../../db/open.js';
import type { TuneRecord } from '../../../db/tune-record.js';
import { createLocalMeasureQueue } from '../../../server/tuning/local-measure-queue.js';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import type { SpaceGenerator } from '../../../server/tuning/space.js';
import { tuneOverSpace } from '../../../server/tuning/tune-over-space.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { MeasureRequest } from '../../../shared/protocol/measure.js';
import { temporaryDatabase } from '../../db/harness.js';
import { HOST_MAIN_PATH } from '../../support/build.js';

interface SpaceTune {
  readonly func: PrimFunc;
  readonly space: SpaceGenerator;
  readonly trials: number;
  /** The measuring host; the product's own by default. */
  readonly mainPath?: string;
  readonly options?: MeasureRequest['options'];
}

interface TuneResult {
  readonly db: Database;
  readonly tune: TuneRecord;
  /** The baseline first, then by trial. */
  readonly candidates: readonly CandidateRecord[];
}

/** Tunes a function to the end. */
export async function tuneOver({
  func,
  space,
  trials,
  mainPath = HOST_MAIN_PATH,
  options = {},
}: SpaceTune): Promise<TuneResult> {
  const db = temporaryDatabase();
  const queue = withOptions(createLocalMeasureQueue({ mainPath, log: () => {} }), options);
  const tune = await tuneOverSpace({ func, space, trials, db, queue });
  return { db, tune, candidates: listCandidates(db, tune.tasks[0].id, { limit: 1000 }) };
}

/** A queue that measures with these options where it is given none. */
export function withOptions(queue: MeasureQueue, options: MeasureRequest['options']): MeasureQueue {
  return {
    ...queue,
    measure: (request, signal) =>
      queue.measure({ ...request, options: { ...options, ...request.options } }, signal),
    race: (request, signal) =>
      queue.race({ ...request, options: { ...options, ...request.options } }, signal),
  };
}
