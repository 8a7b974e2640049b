/**
 * @file Pass `auto-unroll`: carries out `pragma_auto_unroll_max_step`. Below a loop so annotated, a serial loop is
 * unrolled when everything inside it is unrolled too and the copies make at most that many steps.
 */
import { constInt } from '../../shared/ir/build.js';
import { AUTO_UNROLL_MAX_STEP } from '../../shared/ir/pragmas.js';
import type { Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren } from '../../shared/ir/visit.js';

interface Unrolled {
  readonly stmt: Stmt;
  /** Stores executed by the fully unrolled statement; `Infinity` when a loop remains in it. */
  readonly steps: number;
}

export function autoUnroll(body: Stmt): Stmt {
  return unroll(body, 0).stmt;
}

function unroll(s: Stmt, inheritedMax: number): Unrolled {
  if (s.kind === 'For') {
    const annotated = s.annotations[AUTO_UNROLL_MAX_STEP];
    const maxSteps = typeof annotated === 'number' ? annotated : inheritedMax;
    const inner = unroll(s.body, maxSteps);
    const trips = constInt(s.extent) ?? Infinity;
    const straight = s.forKind === 'unrolled' || s.forKind === 'vectorized';
    const unrolls = s.forKind === 'serial' && trips * inner.steps <= maxSteps;
    const stmt =
      inner.stmt === s.body && !unrolls
        ? s
        : { ...s, body: inner.stmt, forKind: unrolls ? ('unrolled' as const) : s.forKind };
    return { stmt, steps: straight || unrolls ? trips * inner.steps : Infinity };
  }
  let steps = s.kind === 'BufferStore' ? 1 : 0;
  const stmt = mapStmtChildren(
    s,
    (child) => {
      const result = unroll(child, inheritedMax);
      steps += result.steps;
      return result.stmt;
    },
    (e) => e,
  );
  return { stmt, steps };
}
