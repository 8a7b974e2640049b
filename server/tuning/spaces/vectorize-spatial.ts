/**
 * @file Rule vectorize-spatial: blocks without reductions. The innermost loop is cut into vectors, as many at a time as
 * a decision says; where elements are not consecutive, it is unrolled instead. Blocks that store many elements at once
 * already keep the machine busy: they are not copied as often.
 *
 *   for i, j: B  ->  for i, j0: for j1 in vectorized(f): B
 */
import type { Block } from '../../../shared/ir/stmt.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { finishInner, splitBy } from './inner-tile.js';
import { isVectorizable, lanesOf, loopRoles } from './loop-roles.js';

const VECTORS_AT_A_TIME = [1, 2, 4, 8];
const COPIES_AT_A_TIME = [1, 2, 4, 8];
const MAX_STORES_AT_A_TIME = 8;

export function vectorizeSpatial(sch: Schedule, rv: BlockRV, target: Target): void {
  const roles = loopRoles(sch, rv);
  const inner = roles?.spatial.at(-1);
  if (roles === null || inner === undefined) return;
  const lanes = lanesOf(roles.block, target);
  const vectorizes = lanes > 1 && inner.extent >= lanes && isVectorizable(roles.block, inner.iter.var);
  const stores = storesOf(roles.block);
  const isModest = (copies: number): boolean => copies === 1 || copies * stores <= MAX_STORES_AT_A_TIME;
  const counts = vectorizes
    ? VECTORS_AT_A_TIME.filter(isModest).map((n) => n * lanes)
    : COPIES_AT_A_TIME.filter(isModest);
  const [, innermost] = splitBy(sch, inner, counts);
  finishInner(sch, innermost, vectorizes);
}

function storesOf(block: Block): number {
  let stores = 0;
  walkStmt(block.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') stores++;
    },
  });
  return stores;
}
