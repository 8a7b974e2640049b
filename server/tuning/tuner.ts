/**
 * @file The tuner: takes the tunes that are due, one at a time, through their states. The database is all it knows, so
 * a service that was killed takes up its tunes where their results end.
 */
import {
  failureReasons,
  findMeasured,
  foreignTrials,
  listCandidates,
  type ForeignTrial,
} from '../../db/candidates.js';
import { getTune, setTuneStatus, unfinishedTunes } from '../../db/tunes.js';
import type { TuneRecord } from '../../db/tune-record.js';
import type { TuneError } from '../../shared/protocol/tune.js';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import { InputError } from '../../shared/support/errors.js';
import type { Artifacts, TunerParts, TunerService } from '../tuner-service.js';
import { databaseStore } from './database-store.js';
import type { MeasureQueue } from './measure-queue.js';
import type { SearchPool } from './search-pool.js';
import { tuneTask, type TaskEnd } from './tune-task.js';

export interface TunerOptions extends Omit<TunerParts, 'config'> {
  readonly queue: MeasureQueue;
  readonly searches: SearchPool;
}

/** How much of what other tunes have measured a new one learns from. */
const WARM_LIMITS = { tasks: 8, trials: 64 };
/** Reasons that are named when a tune fails. */
const REASONS = 3;

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

  const runTune = async (tune: TuneRecord, signal: AbortSignal): Promise<void> => {
    const { id, order, script } = { id: tune.id, order: tune, script: tune.task.script };
    const started = setTuneStatus(db, id, { to: 'running', at: clock() });
    changes.changed(id);
    logger.info({ tune: id, workload: order.workloadSpec, target: order.target }, 'tune runs');
    const { seconds, trials } = order.budget;
    const { target, space, strategy, seed } = order;
    const { trialsPerRound, maxEmptyRounds, model, evolution, warmStart } = order.search;
    const startedAt = started.startedAt ?? clock();
    const deadline = seconds === null ? Infinity : startedAt + seconds * 1000;
    const warm = warmStart ? await warmTrials(started, startedAt) : [];
    const end = await tuneTask(
      {
        script,
        target,
        trials,
        trialsPerRound,
        maxEmptyRounds,
        seed,
        isOver: () => clock() >= deadline,
        signal,
      },
      {
        search: searches.search({
          script,
          target,
          space,
          strategy,
          seed,
          trials,
          model,
          evolution,
          warm,
        }),
        measurer: queue,
        store: databaseStore({ db, tuneId: id, clock, changed: () => changes.changed(id) }),
      },
    );
    finish(id, end);
  };

  /** The same whenever it is asked, so that an interrupted tune goes on with what it knew. */
  const warmTrials = async ({ task, target }: TuneRecord, before: number): Promise<ForeignTrial[]> => {
    const engineId = (await queue.engine()).id;
    return foreignTrials(db, { target, engineId, taskId: task.id, before, ...WARM_LIMITS });
  };

  const finish = (id: string, end: TaskEnd): void => {
    // Cancelled: the state is final. Closing: the tune goes on at the next start.
    if (end === 'interrupted' || isFinal(getTune(db, id).status)) return;
    const error = errorOf(getTune(db, id), end);
    setTuneStatus(
      db,
      id,
      error === null ? { to: 'succeeded', at: clock() } : { to: 'failed', at: clock(), error },
    );
    changes.changed(id);
    logger.info({ tune: id, error }, error === null ? 'tune succeeded' : 'tune failed');
  };

  const errorOf = ({ task }: TuneRecord, end: TaskEnd): TuneError | null => {
    if (end === 'no_baseline') {
      const [baseline] = listCandidates(db, task.id, { limit: 1 });
      const why = baseline?.outcome.status === 'failed' ? baseline.outcome : null;
      const reasons = why === null ? [] : [{ code: why.code, count: 1, message: why.message }];
      return { code: 'BASELINE_FAILED', message: 'the program itself could not be measured', reasons };
    }
    if (task.measured > 0 || task.failed === 0) return null;
    return {
      code: 'NO_CANDIDATE',
      message: `all ${task.failed} candidates failed`,
      reasons: failureReasons(db, task.id, REASONS).map(({ code, count, message }) => ({
        code,
        count,
        message,
      })),
    };
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
    buildArtifacts: async (tuneId) => {
      const { task, target } = getTune(db, tuneId);
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
