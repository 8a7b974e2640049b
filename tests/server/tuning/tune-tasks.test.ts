/** @file A task from its baseline to its finals: the search and the database are real, only the times are made up. */
import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../../db/candidate-record.js';
import { listCandidates } from '../../../db/candidates.js';
import type { Database } from '../../../db/open.js';
import { listRounds } from '../../../db/rounds.js';
import { getTune, setTuneStatus } from '../../../db/tunes.js';
import { databaseStore } from '../../../server/tuning/database-store.js';
import { createStrategy, searchHere, type Search } from '../../../server/tuning/search.js';
import type { SearchSpace } from '../../../server/tuning/space.js';
import type { RoundRequest } from '../../../server/tuning/strategies/round.js';
import type { Measurer, Task } from '../../../server/tuning/tune-task.js';
import { tuneTasks } from '../../../server/tuning/tune-tasks.js';
import { budgetOf } from '../../../shared/protocol/budget.js';
import { SearchOptionsSchema } from '../../../shared/protocol/search-options.js';
import { failed } from '../../../shared/protocol/measure.js';
import { at } from '../../../shared/support/errors.js';
import { temporaryDatabase } from '../../db/harness.js';
import { measured, queueTune, tuneId } from '../../db/records.js';
import { BASELINE_NS, fakeQueue, isBaseline, raced, timeOf } from './fake-queue.js';
import { searchSpec } from './search-specs.js';
import { plainSpace } from './strategies/harness.js';

const SPEC = searchSpec({ seed: 5 });
const ID = tuneId(1);
const TRIALS = 10;

function runningTune(): Database {
  const db = temporaryDatabase();
  queueTune(db);
  setTuneStatus(db, ID, { to: 'running', at: 0 });
  return db;
}

interface Run {
  readonly space?: SearchSpace;
  readonly search?: Search;
  readonly trials?: number;
  /** Seconds that the tune may take. */
  readonly seconds?: number;
  /** Milliseconds since it began. */
  readonly clock?: () => number;
  readonly signal?: AbortSignal;
}

/** Runs a task, from where its database says that it is, with a search that knows nothing yet. */
function run(db: Database, measurer: Measurer, options: Run = {}) {
  const { space, search, trials = TRIALS, seconds, clock = () => 0 } = options;
  const { script, target, seed } = SPEC;
  const task: Task = {
    script,
    target,
    seed,
    weight: 1,
    search: () => search ?? searchHere(createStrategy(SPEC, { space })),
    measurer,
    store: databaseStore({ db, tuneId: ID, task: 0, clock, changed: () => {} }),
    signal: options.signal ?? new AbortController().signal,
  };
  return tuneTasks([task], {
    budget: budgetOf({ trials, seconds, perTask: {} }, 1),
    search: SearchOptionsSchema.parse({ trialsPerRound: 4, maxEmptyRounds: 3 }),
    seed,
    startedAt: 0,
    clock,
  });
}

const candidatesIn = (db: Database) => listCandidates(db, getTune(db, ID).tasks[0].id, { limit: 999 });
const trialsIn = (db: Database): number[] => candidatesIn(db).map(({ trial }) => trial);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, trial) => trial);

/** Of sixteen columns there are five tilings; two of them change nothing. */
const SMALL_SPACE = plainSpace((sch) => {
  const [, j] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
});

describe('a task', () => {
  it('measures the baseline, its trials in rounds, and then the finals', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    expect(await run(db, queue)).toBe('done');
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL, ...upTo(TRIALS)]);
    expect(queue.measurements.map(({ trace }) => trace)).toEqual(candidatesIn(db).map(({ trace }) => trace));
    expect(candidatesIn(db).map(({ round }) => round)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
    expect(listRounds(db, getTune(db, ID).tasks[0].id)).toMatchObject([
      { round: 0, firstTrial: 0, proposed: 4 },
      { round: 1, firstTrial: 4, proposed: 4 },
      { round: 2, firstTrial: 8, proposed: 2 },
    ]);
    expect(queue.races).toHaveLength(1);
  });

  it('tells the search what became of its proposals', async () => {
    const requests: RoundRequest[] = [];
    const inner = searchHere(createStrategy(SPEC));
    const search: Search = {
      propose: (request) => {
        requests.push(request);
        return inner.propose(request);
      },
    };
    const db = runningTune();
    const outcome = (n: number) => (n === 2 ? failed('lost', 'the worker died') : measured(1000 * (n + 1)));
    await run(db, fakeQueue({ measure: (_, n) => outcome(n) }), { search });
    expect(requests.map(({ firstTrial, size }) => [firstTrial, size])).toEqual([
      [0, 4],
      [4, 4],
      [8, 2],
    ]);
    expect(requests[1]?.history.map(({ latencyNs }) => latencyNs)).toEqual([2000, null, 4000, 5000]);
    expect(requests[2]?.history.map(({ trial }) => trial)).toEqual(upTo(8));
  });

  it('lets candidates be stopped that are slower than the best so far', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    await run(db, queue);
    let best = BASELINE_NS;
    for (const { trace, options } of queue.measurements.slice(1)) {
      expect(options?.stopAboveNs).toBe(best);
      best = Math.min(best, timeOf(trace));
    }
    expect(queue.measurements[0]?.options?.stopAboveNs).toBeUndefined();
  });

  it('keeps a lost candidate as a failure, does not try it again, and goes on', async () => {
    const db = runningTune();
    const queue = fakeQueue({
      measure: ({ trace }, n) => (n % 3 === 1 ? failed('lost', 'the worker died') : measured(timeOf(trace))),
    });
    expect(await run(db, queue)).toBe('done');
    expect(queue.measurements).toHaveLength(1 + TRIALS);
    expect(getTune(db, ID).tasks[0]).toMatchObject({ measured: 6, failed: 4, failures: { lost: 4 } });
  });

  it.each(['lost', 'trap', 'wrong_result'] as const)('whose baseline is %s ends there', async (code) => {
    const [db, queue] = [runningTune(), fakeQueue({ measure: () => failed(code, 'no') })];
    expect(await run(db, queue)).toBe('done');
    expect(getTune(db, ID).tasks[0]).toMatchObject({
      done: true,
      error: { code: 'BASELINE_FAILED', reasons: [{ code, count: 1, message: 'no' }] },
    });
    expect(queue.measurements).toHaveLength(1);
    expect(queue.races).toEqual([]);
    expect(candidatesIn(db)).toMatchObject([{ trial: BASELINE_TRIAL, outcome: { status: 'failed', code } }]);
  });
});

describe('a task ends before its budget is spent', () => {
  it('when the space is exhausted', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    expect(await run(db, queue, { space: SMALL_SPACE, trials: 1000 })).toBe('done');
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL, 0, 1, 2]);
    expect(listRounds(db, getTune(db, ID).tasks[0].id)).toHaveLength(1);
    expect(queue.races).toHaveLength(1);
  });

  it('with its baseline alone when the space has nothing, and without finals', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    expect(await run(db, queue, { space: plainSpace(() => {}) })).toBe('done');
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL]);
    expect(queue.races).toEqual([]);
  });

  it('after so many rounds in a row without a proposal', async () => {
    const rounds: number[] = [];
    const inner = searchHere(createStrategy(SPEC));
    const search: Search = {
      propose: async (request) => {
        rounds.push(request.round);
        const { plan, searchMs } = await inner.propose(request);
        const proposals = request.round === 2 ? plan.proposals.slice(0, 1) : [];
        return { plan: { ...plan, proposals, exhausted: false }, searchMs };
      },
    };
    const db = runningTune();
    expect(await run(db, fakeQueue(), { search })).toBe('done');
    expect(rounds).toEqual([0, 1, 2, 3, 4, 5]);
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL, 0]);
  });

  it('when its time is over: what was measured by then takes part in the finals', async () => {
    const db = runningTune();
    const queue = fakeQueue();
    expect(
      await run(db, queue, { seconds: 5, clock: () => (queue.measurements.length >= 6 ? 5000 : 0) }),
    ).toBe('done');
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL, ...upTo(5)]);
    expect(queue.races).toHaveLength(1);
  });
});

describe('the finals', () => {
  it('are raced by the four fastest and the baseline, in the order of the seed', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    await run(db, queue);
    const byTime = candidatesIn(db)
      .filter(({ trial }) => trial !== BASELINE_TRIAL)
      .map(({ trace }) => trace)
      .toSorted((a, b) => timeOf(a) - timeOf(b));
    const race = at(queue.races, 0);
    expect(race.traces.slice(0, 4)).toEqual(byTime.slice(0, 4));
    expect(race.traces.slice(4).map(isBaseline)).toEqual([true]);
    expect(race).toMatchObject({ script: SPEC.script, target: SPEC.target, seed: SPEC.seed, rounds: 21 });
  });

  it('decide the winner', async () => {
    const db = runningTune();
    const times = [[900], [800], [300], [700], [1200]];
    const queue = fakeQueue({ race: () => raced(times) });
    await run(db, queue);
    const third = candidatesIn(db).find(({ final }) => final?.medianNs === 300);
    expect(third).toMatchObject({ final: { speedupInterval: [4, 4] }, trace: queue.races[0]?.traces[2] });
    expect(getTune(db, ID).tasks[0]).toMatchObject({
      bestTrial: third?.trial,
      bestNs: 300,
      baselineNs: 1200,
    });
  });

  it('that are lost leave the order of the search', async () => {
    const db = runningTune();
    expect(await run(db, fakeQueue({ race: () => failed('lost', 'the worker died') }))).toBe('done');
    const fastest = candidatesIn(db).reduce((a, b) => (timeOf(b.trace) < timeOf(a.trace) ? b : a));
    expect(getTune(db, ID).tasks[0]).toMatchObject({ bestTrial: fastest.trial, baselineNs: BASELINE_NS });
  });
});

describe('an interrupted task', () => {
  /** Aborts the task when the queue is asked for measurement `n`, as closing and cancelling do. */
  async function interruptedAt(db: Database, n: number) {
    const abort = new AbortController();
    const queue = fakeQueue({
      measure: ({ trace }, k) => {
        if (k === n) abort.abort();
        return measured(timeOf(trace));
      },
      race: ({ traces }) => {
        if (n > TRIALS) abort.abort();
        return raced(traces.map((trace) => [timeOf(trace)]));
      },
    });
    return { end: await run(db, queue, { signal: abort.signal }), queue };
  }

  it('keeps what it has, nothing of what it was interrupted in, and goes on from there', async () => {
    const [whole, reference] = [runningTune(), fakeQueue()];
    await run(whole, reference);
    for (let n = 0; n <= TRIALS + 1; n++) {
      const db = runningTune();
      const { end, queue } = await interruptedAt(db, n);
      expect(end).toBe('interrupted');
      expect(candidatesIn(db)).toHaveLength(Math.min(n, TRIALS + 1));
      const rest = fakeQueue();
      expect(await run(db, rest)).toBe('done');
      const asked = [...queue.measurements.slice(0, n), ...rest.measurements].map(({ trace }) => trace);
      expect(asked).toEqual(reference.measurements.map(({ trace }) => trace));
      expect(candidatesIn(db)).toEqual(candidatesIn(whole));
      expect(getTune(db, ID).tasks[0]).toEqual(getTune(whole, ID).tasks[0]);
    }
  });

  it('goes on after any number of interruptions in a row', async () => {
    const [whole, db] = [runningTune(), runningTune()];
    await run(whole, fakeQueue());
    let ends = 0;
    while (ends < TRIALS && (await interruptedAt(db, 3)).end === 'interrupted') ends++;
    expect(ends).toBe(3);
    expect(candidatesIn(db).map(({ trace }) => trace)).toEqual(candidatesIn(whole).map(({ trace }) => trace));
  });

  it('measures nothing when it was over before it began', async () => {
    const [db, queue] = [runningTune(), fakeQueue()];
    expect(await run(db, queue, { signal: AbortSignal.abort() })).toBe('interrupted');
    expect([queue.measurements, candidatesIn(db)]).toEqual([[], []]);
  });

  it('ends when its tune was closed behind its back', async () => {
    const db = runningTune();
    const queue = fakeQueue({
      measure: ({ trace }, n) => {
        if (n === 3) setTuneStatus(db, ID, { to: 'cancelled', at: 0 });
        return measured(timeOf(trace));
      },
    });
    expect(await run(db, queue)).toBe('interrupted');
    expect(queue.measurements).toHaveLength(4);
    expect(trialsIn(db)).toEqual([BASELINE_TRIAL, 0, 1]);
  });
});
