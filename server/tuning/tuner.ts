/**
 * @file The tuner: takes the tunes that are due, one at a time, through their states. The database is all it knows, so
 * a service that was killed takes up its tunes where their results end.
 */
import { findMeasured, foreignTrials } from '../../db/candidates.js';
import { getTune, setTuneStatus, unfinishedTunes } from '../../db/tunes.js';
import { taskOf, type TaskRecord, type TuneRecord } from '../../db/tune-record.js';
import type { TuneError } from '../../shared/protocol/tune.js';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import { InputError, invariant } from '../../shared/support/errors.js';
import type { Artifacts, TunerParts, TunerService } from '../tuner-service.js';
import { databaseStore } from './database-store.js';
import type { MeasureQueue } from './measure-queue.js';
import type { SearchPool } from './search-pool.js';
import type { Search } from './search.js';
import type { Task } from './tune-task.js';
import { tuneTasks } from './tune-tasks.js';

export interface TunerOptions extends Omit<TunerParts, 'config'> {
  readonly queue: MeasureQueue;
  readonly searches: SearchPool;
}

/** How much of what other tunes have measured a new one learns from. */
const WARM_LIMITS = { tasks: 8, trials: 64 };

export function createTuner({ db, changes, logger, clock, queue, searches }: TunerOptions): TunerService {
  const closing = new AbortController();
  let running: { readonly id: string; readonly abort: AbortController } | null = null;
  let loop: Promise<void> | null = null;
  let wanted = false;

  const runDueTunes = async (): Promise<void> => {
    for (;;) {
      const [due] = closing.signal.aborted ? [] : unfinishedTunes(db);
      if (due === undefined) return;
      const abort = new AbortController();
      running = { id: due.id, abort };
      try {
        await runTune(due, AbortSignal.any([abort.signal, closing.signal]));
      } catch (error) {
        giveUp(due.id, error);
      } finally {
        running = null;
      }
    }
  };

  /** A defect of ours costs the tune that met it, not the service, and not again after a restart. */
  const giveUp = (id: string, cause: unknown): void => {
    if (closing.signal.aborted) return;
    logger.error({ tune: id, err: cause }, 'tune failed because of a defect');
    if (isFinal(getTune(db, id).status)) return;
    const error: TuneError = { code: 'INTERNAL', message: 'an internal error ended the tune', reasons: [] };
    setTuneStatus(db, id, { to: 'failed', at: clock(), error });
    changes.changed(id);
  };

  const runTune = async (due: TuneRecord, signal: AbortSignal): Promise<void> => {
    const { id, budget, search, seed } = due;
    const tune = setTuneStatus(db, id, { to: 'running', at: clock() });
    changes.changed(id);
    const startedAt = tune.startedAt ?? clock();
    logger.info({ tune: id, tasks: tune.tasks.map(({ name }) => name), target: tune.target }, 'tune runs');
    const tasks = tune.tasks.map((task) => openTask(tune, task, { startedAt, signal }));
    const end = await tuneTasks(tasks, { budget, search, seed, startedAt, clock });
    if (end === 'done') finish(id);
  };

  const openTask = (
    { id, target, space, strategy, seed, search: options }: TuneRecord,
    { id: taskId, position, script, weight }: TaskRecord,
    { startedAt, signal }: { readonly startedAt: number; readonly signal: AbortSignal },
  ): Task => {
    const changed = (): void => changes.changed(id);
    const store = databaseStore({ db, tuneId: id, task: position, clock, changed });
    let search: Search | null = null;
    const openSearch = (): Search => {
      const { model, evolution, warmStart } = options;
      const baseline = store.baseline();
      invariant(baseline?.status === 'measured', 'a search begins after the baseline');
      // The same whenever it is asked, so that an interrupted tune goes on with what it knew.
      const query = { target, engineId: baseline.engine.id, taskId, before: startedAt, ...WARM_LIMITS };
      const warm = warmStart ? foreignTrials(db, query) : [];
      return searches.search({ script, target, space, strategy, seed, model, evolution, warm });
    };
    return {
      script,
      target,
      weight,
      seed,
      measurer: queue,
      store,
      signal,
      search: () => (search ??= openSearch()),
    };
  };

  const finish = (id: string): void => {
    const tune = getTune(db, id);
    if (isFinal(tune.status)) return; // cancelled
    const error = errorOf(tune);
    const to = error === null ? 'succeeded' : 'failed';
    setTuneStatus(db, id, { to, at: clock(), ...(error !== null && { error }) });
    changes.changed(id);
    logger.info({ tune: id, error }, `tune ${to}`);
  };

  const notify = (): void => {
    if (loop !== null) {
      wanted = true; // the loop may be past its last look
      return;
    }
    wanted = false;
    loop = runDueTunes().finally(() => {
      loop = null;
      if (wanted) notify();
    });
  };

  return {
    notify,
    cancel: (tuneId) => {
      if (running?.id === tuneId) running.abort.abort();
    },
    buildArtifacts: async (tuneId, position) => {
      const tune = getTune(db, tuneId);
      const { target } = tune;
      const task = taskOf(tune, position);
      const best = findMeasured(db, task.id, task.bestTrial ?? BASELINE_TRIAL);
      if (best === undefined)
        throw new InputError('NO_RESULT', `tune ${tuneId} has no measured candidate yet`);
      const outcome = await queue.artifact({
        script: task.script,
        trace: best.trace,
        target,
        fileName: 'best',
      });
      if (outcome.status === 'failed')
        throw new Error(`the best kernel could not be built again: ${outcome.message}`);
      const { wasmBase64, mjs, dts } = outcome;
      return { wasm: Buffer.from(wasmBase64, 'base64'), mjs, dts } satisfies Artifacts;
    },
    isReady: () => ({ ready: queue.isReady(), checks: { worker: queue.isReady() ? 'ok' : 'no worker' } }),
    close: async () => {
      closing.abort();
      await queue.close();
      await loop;
      await searches.close();
    },
  };
}

/** A tune fails when none of its tasks came to anything. */
function errorOf({ tasks }: TuneRecord): TuneError | null {
  const errors = tasks.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first === undefined || errors.length < tasks.length) return null;
  if (tasks.length === 1) return first;
  return {
    code: first.code,
    message: `none of the ${tasks.length} tasks has a result; of the first: ${first.message}`,
    reasons: first.reasons,
  };
}
