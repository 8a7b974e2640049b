/** @file A tune over a space of the caller's own, without the HTTP service: the same tuner, recorded the same way. */
import { pino } from 'pino';
import { uuidv7 } from 'uuidv7';
import type { Database } from '../../db/open.js';
import type { TuneRecord } from '../../db/tune-record.js';
import { addTune, getTune, tuneVersion } from '../../db/tunes.js';
import { flopsOf } from '../../shared/ir/flops.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { verifyFunc } from '../../shared/ir/verify.js';
import {
  SEARCH_DEFAULTS,
  type SearchOptions,
  type StrategyId,
} from '../../shared/protocol/search-options.js';
import { budgetOf } from '../../shared/protocol/budget.js';
import type { TargetId } from '../../shared/protocol/target.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import { printScript } from '../../shared/script/print.js';
import { createChanges } from '../changes.js';
import type { MeasureQueue } from './measure-queue.js';
import type { SearchPool } from './search-pool.js';
import { createStrategy, searchHere } from './search.js';
import type { SpaceGenerator } from './space.js';
import { ownSpace } from './spaces/space-table.js';
import { createTuner } from './tuner.js';

export interface OwnSpaceTune {
  readonly func: PrimFunc;
  /** E.g. `spaceOf((sch) => …)`. */
  readonly space: SpaceGenerator;
  readonly db: Database;
  /** Closed at the end. */
  readonly queue: MeasureQueue;
  readonly target?: TargetId;
  /** Candidates at most; the tune ends sooner when the space has no more programs. */
  readonly trials?: number;
  readonly seed?: number;
  readonly strategy?: StrategyId;
  readonly search?: SearchOptions;
  /** Milliseconds since 1970; the system's by default. */
  readonly clock?: () => number;
}

const LONGEST_WAIT_MS = 60_000;

/**
 * Searches the space to its end.
 * @returns the tune in its final state; its candidates are in the database
 * @throws InputError `IR_…` when the function is not valid.
 */
export async function tuneOverSpace(options: OwnSpaceTune): Promise<TuneRecord> {
  const {
    func,
    space,
    db,
    queue,
    target = 'wasm-simd128',
    trials = 64,
    seed = 0,
    strategy = 'evolutionary',
    search = SEARCH_DEFAULTS,
    clock = Date.now,
  } = options;
  verifyFunc(func);
  const changes = createChanges((id) => tuneVersion(db, id));
  const logger = pino({ level: 'silent' });
  const searches: SearchPool = {
    search: (spec) => searchHere(createStrategy(spec, { space: ownSpace(space) })),
    close: async () => {},
  };
  const tuner = createTuner({ db, changes, logger, clock, queue, searches });
  try {
    let tune = addTune(db, {
      id: uuidv7(),
      order: {
        target,
        budget: budgetOf({ trials, perTask: {} }, 1),
        seed,
        strategy,
        space: 'default',
        search,
        priority: 0,
        labels: {},
      },
      tasks: [
        {
          program: { func, script: printScript(func), flops: flopsOf(func) },
          workloadSpec: null,
          weight: 1,
        },
      ],
      at: clock(),
    });
    tuner.notify();
    while (!isFinal(tune.status)) {
      await changes.waitForChange(tune.id, tune.version, LONGEST_WAIT_MS);
      tune = getTune(db, tune.id);
    }
    return tune;
  } finally {
    await tuner.close();
  }
}
