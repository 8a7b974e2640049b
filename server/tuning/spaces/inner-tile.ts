/** @file Steps that the rules of the default space take to make the inner loops of a tile. */
import type { LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import type { RoledLoop } from './loop-roles.js';

/** Cuts a loop by an inner factor that is a decision between `sizes`; it need not divide the extent. */
export function splitBy(
  sch: Schedule,
  loop: RoledLoop,
  sizes: readonly number[],
): [outer: LoopRV, inner: LoopRV] {
  const [, factor] = sch.sampleImperfectTile(loop.rv, sizes);
  const [outer, inner] = sch.split(loop.rv, [null, factor]);
  return [outer, inner];
}

/** The innermost loop becomes vectors, or, where it cannot, single elements one after another. */
export function finishInner(sch: Schedule, loop: LoopRV, vectorizes: boolean): void {
  if (vectorizes) sch.vectorize(loop);
  else sch.unroll(loop);
}
