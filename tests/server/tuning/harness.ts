/** @file A whole tune over a space of the test's own: real database, real measuring host, the product's tuner. */
import { pino } from 'pino';
import { onTestFinished, vi } from 'vitest';
import { listCandidates } from '../../../db/candidates.js';
import type { CandidateRecord } from '../../../db/candidate-record.js';
import type { Database } from '../../../db/open.js';
import type { TuneRecord } from '../../../db/tune-record.js';
import { getTune, tuneVersion } from '../../../db/tunes.js';
import { createChanges } from '../../../server/changes.js';
import { loadConfig } from '../../../server/config.js';
import { createLocalMeasureQueue } from '../../../server/tuning/local-measure-queue.js';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import { searchHere } from '../../../server/tuning/search.js';
import type { SpaceGenerator } from '../../../server/tuning/space.js';
import { createReplayTrace } from '../../../server/tuning/strategies/replay-trace.js';
import { createTuner } from '../../../server/tuning/tuner.js';
import { flopsOf } from '../../../shared/ir/flops.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { MeasureOptions } from '../../../shared/protocol/measure.js';
import { isFinal } from '../../../shared/protocol/tune-status.js';
import { targetOf } from '../../../shared/protocol/target.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';
import { temporaryDatabase } from '../../db/harness.js';
import { queueTune } from '../../db/records.js';
import { HOST_MAIN_PATH } from '../../support/build.js';

interface SpaceTune {
  readonly func: PrimFunc;
  readonly space: SpaceGenerator;
  readonly trials: number;
  /** The measuring host; the product's own by default. */
  readonly mainPath?: string;
  readonly options?: MeasureOptions;
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
  options,
}: SpaceTune): Promise<TuneResult> {
  const db = temporaryDatabase();
  const queue = withOptions(createLocalMeasureQueue({ mainPath, log: () => {} }), options);
  const tuner = createTuner({
    db,
    changes: createChanges((id) => tuneVersion(db, id)),
    config: loadConfig({}),
    logger: pino({ level: 'silent' }),
    clock: Date.now,
    queue,
    searches: {
      search: ({ script, target, seed }) =>
        searchHere(
          createReplayTrace({
            func: at(parseScript(script).functions, 0),
            target: targetOf(target),
            space,
            postprocs: [],
            seed,
          }),
        ),
      close: async () => {},
    },
  });
  onTestFinished(() => tuner.close());
  const program = { func, script: printScript(func), flops: flopsOf(func) };
  const { id } = queueTune(db, { program, order: { budget: { trials, seconds: null } }, at: Date.now() });
  tuner.notify();
  await vi.waitUntil(() => isFinal(getTune(db, id).status), { timeout: 50_000 });
  const tune = getTune(db, id);
  return { db, tune, candidates: listCandidates(db, tune.task.id, { limit: 1000 }) };
}

function withOptions(queue: MeasureQueue, options: MeasureOptions | undefined): MeasureQueue {
  if (options === undefined) return queue;
  return {
    ...queue,
    measure: (request, signal) =>
      queue.measure({ ...request, options: { ...options, ...request.options } }, signal),
    race: (request, signal) =>
      queue.race({ ...request, options: { ...options, ...request.options } }, signal),
  };
}
