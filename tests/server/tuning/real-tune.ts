/** @file One tune of the service on a real measuring host, of a space by its name. */
import type { CandidateRecord } from '../../../db/candidate-record.js';
import { IN_MEMORY, openDatabase } from '../../../db/open.js';
import type { TuneOrder, TuneRecord } from '../../../db/tune-record.js';
import { createLocalMeasureQueue } from '../../../server/tuning/local-measure-queue.js';
import type { Artifacts } from '../../../server/tuner-service.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { MeasureRequest } from '../../../shared/protocol/measure.js';
import { HOST_MAIN_PATH } from '../../support/build.js';
import { withOptions } from './harness.js';
import { candidatesOf, queued, tuningOn } from './whole-tune.js';

/** Times that are good enough to tell a fast kernel from a slow one. */
const QUICK: MeasureRequest['options'] = { samples: 3, minSampleMs: 1, warmupMs: 10 };

interface RealTune {
  readonly tune: TuneRecord;
  /** The baseline first, then by trial. */
  readonly candidates: readonly CandidateRecord[];
  readonly artifacts: Artifacts;
}

export async function realTune(func: PrimFunc, order: Partial<TuneOrder>): Promise<RealTune> {
  const db = openDatabase(IN_MEMORY);
  const queue = withOptions(createLocalMeasureQueue({ mainPath: HOST_MAIN_PATH, log: () => {} }), QUICK);
  const { tuner, ended, close } = tuningOn({ db, queue });
  const id = queued(db, 1, func, order);
  const tune = await ended(id);
  const artifacts = await tuner.buildArtifacts(id, 0);
  const candidates = candidatesOf(db, id);
  await close();
  db.close();
  return { tune, candidates, artifacts };
}
