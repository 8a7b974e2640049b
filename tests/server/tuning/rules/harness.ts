/** @file Designs of rules and spaces, and what tests look at in them. */
import { expect } from 'vitest';
import { postOrderApply } from '../../../../server/tuning/post-order-apply.js';
import type { ScheduleRule } from '../../../../server/tuning/rules/schedule-rule.js';
import type { SpaceContext } from '../../../../server/tuning/space.js';
import { constInt } from '../../../../shared/ir/build.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { createState, innerBlocks, loopsAbove } from '../../../../shared/schedule/state.js';
import { applyTrace, type Decision, type Instruction } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';

export function spaceContext(seed = 0): SpaceContext {
  return { target: TARGETS['wasm-simd128'], rng: createRng(seed) };
}

/** What rules make of a function. */
export function designsOf(func: PrimFunc, ...rules: readonly ScheduleRule[]): readonly Schedule[] {
  return postOrderApply(rules)(func, spaceContext());
}

/** What a rule makes of a function of which it makes one design. */
export function onlyDesignOf(func: PrimFunc, rule: ScheduleRule): Schedule {
  const designs = designsOf(func, rule);
  expect(designs).toHaveLength(1);
  return at(designs, 0);
}

/** Steps that draw, in order. */
export function samplingSteps(sch: Schedule): Instruction[] {
  return sch.trace.insts.filter((inst) => inst.kind.startsWith('Sample'));
}

/** The design with other decisions, one per sampling step. */
export function redecided(func: PrimFunc, design: Schedule, decisions: readonly Decision[]): Schedule {
  const steps = samplingSteps(design);
  expect(decisions).toHaveLength(steps.length);
  const decided = new Map(steps.map((step, i) => [step, at(decisions, i)]));
  return applyTrace(func, { insts: design.trace.insts, decisions: decided }, { verify: true });
}

/** The design with decisions drawn afresh, as a search does it. */
export function redrawn(func: PrimFunc, design: Schedule, seed: number): Schedule {
  return applyTrace(func, design.trace, { seed, decide: () => null, verify: true });
}

/** The extents of the loops around each block, in program order: `C: 4 4 2`. */
export function nestsOf(func: PrimFunc): string[] {
  return innerBlocks(createState(func)).map((entry) => {
    const extents = loopsAbove(entry).map(({ node }) => constInt(node.extent));
    return `${entry.block.name}: ${extents.join(' ')}`;
  });
}

export function blockNames(func: PrimFunc): string[] {
  return innerBlocks(createState(func)).map((entry) => entry.block.name);
}
