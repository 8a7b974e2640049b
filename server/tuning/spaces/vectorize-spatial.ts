/**
 * @file Rule vectorize-spatial: blocks without reductions. The innermost loop is cut into vectors, as many at a time as
 * a decision says; where elements are not consecutive, it is unrolled instead.
 *
 *   for i, j: B  ->  for i, j0: for j1 in vectorized(f): B
 */
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { finishInner, splitBy } from './inner-tile.js';
import { isContiguous, loopRoles } from './loop-roles.js';

const VECTORS_AT_A_TIME = [1, 2, 4, 8];
const COPIES_AT_A_TIME = [1, 2, 4, 8];

export function vectorizeSpatial(sch: Schedule, rv: BlockRV, target: Target): void {
  const roles = loopRoles(sch, rv);
  const inner = roles?.spatial.at(-1);
  if (roles === null || inner === undefined) return;
  const [write] = roles.block.writes;
  if (write === undefined) return;
  const lanes = target.vectorBytes / bytesOf(write.buffer.dtype);
  const vectorizes = lanes > 1 && inner.extent >= lanes && isContiguous(roles.block, inner.iter.var);
  const counts = vectorizes ? VECTORS_AT_A_TIME.map((n) => n * lanes) : COPIES_AT_A_TIME;
  const [, innermost] = splitBy(sch, inner, counts);
  finishInner(sch, innermost, vectorizes);
}
