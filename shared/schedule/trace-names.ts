/** @file Names of a trace's random variables, which depend on nothing but the order of definition. */
import type { Trace } from './instruction.js';
import type { RV, RVKind } from './random-variable.js';

/** First letters of names. */
export const NAME_PREFIX: { readonly [K in RVKind]: string } = { BlockRV: 'b', LoopRV: 'l', ExprRV: 'v' };

/** `b0`, `l1`, `l2`, `v3`…: one counter for all kinds. */
export function namesOf({ insts }: Trace): Map<RV, string> {
  const names = new Map<RV, string>();
  for (const { outputs } of insts) {
    for (const rv of outputs) names.set(rv, `${NAME_PREFIX[rv.kind]}${names.size}`);
  }
  return names;
}
