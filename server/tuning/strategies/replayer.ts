/**
 * @file Replaying many traces of one program that differ in a few decisions: what comes before a decision is replayed
 * once, and kept. The outcome is that of `applyTrace`.
 */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import { SIGNATURES, type Decision, type Instruction } from '../../../shared/schedule/instruction.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { createBoundedMap } from '../../../shared/support/bounded-map.js';
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';

/**
 * Replays a trace up to its postprocessing; decisions that it lacks are drawn from `rng`.
 * @throws ScheduleError from the first step that is illegal.
 */
export type Replayer = (trace: Trace, rng: Rng) => Schedule;

/** Schedules that are kept; each is a few kilobytes. */
const MAX_SNAPSHOTS = 4096;

export function createReplayer(func: PrimFunc): Replayer {
  // Keys are the steps so far, by number, with their decisions; values are schedules about to take a sampling step.
  const snapshots = createBoundedMap<Schedule>(MAX_SNAPSHOTS);
  const numbers = new WeakMap<Instruction, number>();
  let count = 0;
  const numberOf = (inst: Instruction): number => {
    const number = numbers.get(inst) ?? count++;
    numbers.set(inst, number);
    return number;
  };
  const extended = (key: string, { steps }: Stretch): string =>
    steps.reduce((text, inst) => `${text},${numberOf(inst)}`, key);

  return (trace, rng) => {
    const stretches = stretchesOf(trace.insts);
    const start = longestKept(stretches, trace, extended, snapshots.get);
    let schedule = start === null ? createSchedule(func, { rng }) : start.kept.copy(rng);
    let key = start?.key ?? '';
    for (let i = start?.index ?? 0; i < stretches.length; i++) {
      const stretch = at(stretches, i);
      if (i !== start?.index) {
        key = extended(key, stretch);
        const kept = snapshots.get(key);
        if (kept === undefined) {
          for (const inst of stretch.steps) schedule.replay(inst, null);
          if (stretch.sampling !== null) snapshots.set(key, schedule.copy(rng));
        } else schedule = kept.copy(rng);
      }
      if (stretch.sampling === null) break;
      schedule.replay(stretch.sampling, trace.decisions.get(stretch.sampling) ?? null);
      key = decided(key, schedule.decisionOf(stretch.sampling));
    }
    return schedule;
  };
}

/** Steps without a decision, and the sampling step that follows them, if one does. */
interface Stretch {
  readonly steps: readonly Instruction[];
  readonly sampling: Instruction | null;
}

function stretchesOf(insts: readonly Instruction[]): Stretch[] {
  const stretches: Stretch[] = [];
  let steps: Instruction[] = [];
  for (const inst of insts) {
    if (inst.kind === 'EnterPostproc') break;
    if (SIGNATURES[inst.kind].decision === null) {
      steps.push(inst);
      continue;
    }
    stretches.push({ steps, sampling: inst });
    steps = [];
  }
  return [...stretches, { steps, sampling: null }];
}

function decided(key: string, decision: Decision | undefined): string {
  return `${key}:${String(decision)}`;
}

/** Where a replay begins: a schedule that is about to take the sampling step of a stretch. */
interface Start {
  /** Of the stretch. */
  readonly index: number;
  readonly key: string;
  readonly kept: Schedule;
}

/** The last stretch at whose end a schedule is kept, as far as the trace has decisions. */
function longestKept(
  stretches: readonly Stretch[],
  { decisions }: Trace,
  extended: (key: string, stretch: Stretch) => string,
  keptAt: (key: string) => Schedule | undefined,
): Start | null {
  let [start, key]: [Start | null, string] = [null, ''];
  for (const [index, stretch] of stretches.entries()) {
    if (stretch.sampling === null) break;
    key = extended(key, stretch);
    const kept = keptAt(key);
    if (kept !== undefined) start = { index, key, kept };
    const decision = decisions.get(stretch.sampling);
    if (decision === undefined) break;
    key = decided(key, decision);
  }
  return start;
}
