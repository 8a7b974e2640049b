/** @file Budgets: how long a tune, or each of its tasks, goes on searching. Whatever is reached first ends it. */
import { z } from 'zod';

const trials = z.int().min(1).max(100_000);
const seconds = z.number().positive().max(604_800);
const patience = z.int().min(1).max(10_000);

/** Trials of each task where the caller says nothing of trials. */
const DEFAULT_TRIALS = 64;

/** As submitted. */
export const BudgetInputSchema = z.strictObject({
  /** Candidates to measure, of all tasks together; 64 for each task unless given. */
  trials: trials.optional(),
  /** Wall time, from the start of the tune. */
  seconds: seconds.optional(),
  /** Rounds in a row, of whatever tasks, that leave the sum of the best latencies within 1 %. */
  patience: patience.optional(),
  /** The same for each task by itself: `seconds` that are spent on it, rounds that bring it nothing. */
  perTask: z
    .strictObject({
      trials: trials.optional(),
      seconds: seconds.optional(),
      patience: patience.optional(),
    })
    .prefault({}),
});

/** As it holds; null: no such limit. */
export const BudgetSchema = z.strictObject({
  trials,
  seconds: seconds.nullable(),
  patience: patience.nullable(),
  perTask: z.strictObject({
    trials: trials.nullable(),
    seconds: seconds.nullable(),
    patience: patience.nullable(),
  }),
});

export type BudgetInput = z.output<typeof BudgetInputSchema>;
export type Budget = z.infer<typeof BudgetSchema>;

export function budgetOf(input: BudgetInput, tasks: number): Budget {
  const { perTask } = input;
  return {
    trials: input.trials ?? DEFAULT_TRIALS * tasks,
    seconds: input.seconds ?? null,
    patience: input.patience ?? null,
    perTask: {
      trials: perTask.trials ?? null,
      seconds: perTask.seconds ?? null,
      patience: perTask.patience ?? null,
    },
  };
}
