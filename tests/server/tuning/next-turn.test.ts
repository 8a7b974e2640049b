import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTaskOver, nextTurn, type Turn, type TurnOptions } from '../../../server/tuning/next-turn.js';
import type { TaskProgress } from '../../../server/tuning/task-progress.js';
import { budgetOf, type BudgetInput } from '../../../shared/protocol/budget.js';
import { SearchOptionsSchema } from '../../../shared/protocol/search-options.js';
import { at } from '../../../shared/support/errors.js';

const ROUND_ROBIN = { kind: 'round-robin' } as const;

interface Options {
  readonly budget?: Partial<BudgetInput>;
  readonly seconds?: number;
  readonly search?: Parameters<typeof SearchOptionsSchema.parse>[0];
}

function options({ budget = {}, seconds = 0, search = {} }: Options = {}): TurnOptions {
  return {
    budget: budgetOf({ perTask: {}, ...budget }, 1),
    search: SearchOptionsSchema.parse(search),
    seed: 0,
    seconds,
  };
}

/** A task after rounds of eight that brought it to these times. */
function task(bestAfterRounds: readonly number[] = [], more: Partial<TaskProgress> = {}): TaskProgress {
  return {
    weight: 1,
    isDone: false,
    trials: 8 * bestAfterRounds.length,
    seconds: 0,
    baselineNs: 100,
    bestAfterRounds,
    turns: bestAfterRounds.map((_, turn) => turn),
    emptyRounds: 0,
    isExhausted: false,
    openRound: null,
    ...more,
  };
}

const OPEN = {
  round: 0,
  turn: 0,
  firstTrial: 0,
  proposed: 8,
  generated: 9,
  rejected: {},
  searchMs: 1,
  exhausted: false,
  createdAt: 0,
};

describe('the next round', () => {
  it('is numbered among those of its task and among those of the tune', () => {
    const tasks = [task([90, 80], { turns: [0, 2] }), task([90], { turns: [1] })];
    const turn = nextTurn(tasks, options({ search: { scheduler: ROUND_ROBIN } }));
    expect(turn).toEqual({ task: 1, turn: 3, round: 1, firstTrial: 8, size: 8, spent: 24 / 64 });
  });

  it('is the one that was begun, whatever the scheduler says, with the size that it had', () => {
    const begun = task([90], { openRound: { ...OPEN, round: 1, turn: 2, firstTrial: 8 } });
    const budget = { trials: 21 };
    const turn = nextTurn([task(), begun], options({ budget }));
    expect(turn).toMatchObject({ task: 1, round: 1, firstTrial: 8, size: 8 });
    expect(nextTurn([task([5], { trials: 8 }), begun], options({ budget }))).toMatchObject({
      task: 1,
      size: 5,
    });
  });

  it('takes no more trials than are left, of the tune and of the task', () => {
    const tasks = [task([90])];
    expect(nextTurn(tasks, options({ budget: { trials: 11 } }))).toMatchObject({ size: 3, spent: 8 / 11 });
    const budget = { trials: 64, perTask: { trials: 10 } };
    expect(nextTurn(tasks, options({ budget }))).toMatchObject({ size: 2, spent: 0.8 });
  });

  it('is none when trials or seconds are spent, or no task is left', () => {
    expect(nextTurn([task([90])], options({ budget: { trials: 8 } }))).toBeNull();
    expect(nextTurn([task()], options({ budget: { seconds: 3 }, seconds: 3 }))).toBeNull();
    expect(nextTurn([task()], options({ budget: { seconds: 3 }, seconds: 2.9 }))).not.toBeNull();
    expect(nextTurn([task([], { isDone: true })], options())).toBeNull();
  });

  it('never exceeds a budget, and spends all of it while there are tasks', () => {
    const budgets = fc.record({
      trials: fc.integer({ min: 1, max: 120 }),
      perTask: fc.record({ trials: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }) }),
    });
    const schedulers = fc.constantFrom({ kind: 'gradient' as const }, ROUND_ROBIN);
    fc.assert(
      fc.property(
        budgets,
        schedulers,
        fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
        (budget, scheduler, spaces) => {
          const given = options({ budget, search: { scheduler } });
          const trials = simulate(spaces, given);
          const most = spaces.map((space) => Math.min(space, budget.perTask.trials ?? Infinity));
          expect(trials.every((count, i) => count <= at(most, i))).toBe(true);
          const total = trials.reduce((a, b) => a + b, 0);
          expect(total).toBe(
            Math.min(
              budget.trials,
              most.reduce((a, b) => a + b, 0),
            ),
          );
        },
      ),
    );
  });
});

/** Runs tasks whose spaces have so many programs. @returns the trials of each */
function simulate(spaces: readonly number[], given: TurnOptions): number[] {
  const tasks = spaces.map(() => task());
  for (;;) {
    const turn: Turn | null = nextTurn(tasks, given);
    if (turn === null) return tasks.map(({ trials }) => trials);
    const before = at(tasks, turn.task);
    expect(turn).toMatchObject({ firstTrial: before.trials, round: before.turns.length });
    const proposed = Math.min(turn.size, at(spaces, turn.task) - before.trials);
    tasks[turn.task] = {
      ...before,
      trials: before.trials + proposed,
      bestAfterRounds: [...before.bestAfterRounds, 100 / (1 + before.trials)],
      turns: [...before.turns, turn.turn],
      isExhausted: proposed < turn.size,
    };
  }
}

describe('patience', () => {
  const patient = (patience: number) => options({ budget: { trials: 1000, perTask: { patience } } });

  it('of a task ends after so many rounds that bring less than one in a hundred', () => {
    expect(isTaskOver(task([50, 50, 49.6]), patient(2))).toBe(true);
    expect(isTaskOver(task([50, 50, 49.6]), patient(3))).toBe(false);
    expect(isTaskOver(task([50, 50, 49.4]), patient(2))).toBe(false);
    expect(isTaskOver(task([100, 100]), patient(2))).toBe(true);
    expect(isTaskOver(task([]), patient(1))).toBe(false);
  });

  it('of a tune looks at the sum of what its tasks take', () => {
    const still = task([50, 50, 50], { turns: [0, 2, 4] });
    const moving = task([90, 80], { turns: [1, 3] });
    const slow = task([90, 89.9], { turns: [1, 3] });
    const budget = { trials: 1000, patience: 3 };
    expect(nextTurn([still, moving], options({ budget }))).not.toBeNull();
    expect(nextTurn([still, slow], options({ budget }))).toBeNull();
    expect(
      nextTurn([still, { ...slow, weight: 100 }], options({ budget: { ...budget, patience: 4 } })),
    ).not.toBeNull();
    const broken = task([], { baselineNs: Infinity, isDone: true });
    expect(nextTurn([still, slow, broken], options({ budget }))).toBeNull();
  });
});

it('a task is over when its own budget is, its space is empty or nothing new comes any more', () => {
  const limits = options({ budget: { perTask: { trials: 16, seconds: 2 } }, search: { maxEmptyRounds: 3 } });
  expect(isTaskOver(task([90]), limits)).toBe(false);
  expect(isTaskOver(task([90, 80]), limits)).toBe(true);
  expect(isTaskOver(task([90], { seconds: 2 }), limits)).toBe(true);
  expect(isTaskOver(task([90], { isExhausted: true }), limits)).toBe(true);
  expect(isTaskOver(task([90], { emptyRounds: 2 }), limits)).toBe(false);
  expect(isTaskOver(task([90], { emptyRounds: 3 }), limits)).toBe(true);
  expect(isTaskOver(task([90], { isDone: true }), limits)).toBe(true);
});
