/**
 * @file What a function does with each parameter: reads it, sets all of it, or changes it. A parameter counts as `write`
 * only when a block sets every element before any block reads one; when in doubt it is `readwrite`.
 */
import type { Buffer } from '../../shared/ir/buffer.js';
import { constInt, isConst } from '../../shared/ir/build.js';
import type { Expr } from '../../shared/ir/expr.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Block, BufferStore, Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren, walkExpr, walkStmt } from '../../shared/ir/visit.js';
import type { ParamAccess } from '../../shared/protocol/kernel.js';

/** A block without blocks inside, or a store outside of such blocks: what happens as one step. */
interface Step {
  readonly loads: ReadonlySet<Buffer>;
  readonly inits: readonly BufferStore[];
  readonly stores: readonly BufferStore[];
  /** Whose iterators the indices are in; `null` outside of blocks. */
  readonly block: Block | null;
}

export function paramAccess(func: PrimFunc): ReadonlyMap<Buffer, ParamAccess> {
  const written = new Set<Buffer>();
  const needsOld = new Set<Buffer>();
  const covered = new Set<Buffer>();
  for (const step of stepsOf(func.root.body, null)) {
    const set = new Set(step.inits.map((s) => s.buffer));
    for (const b of step.loads) if (!written.has(b) && !set.has(b)) needsOld.add(b);
    for (const s of [...step.inits, ...step.stores]) {
      written.add(s.buffer);
      if (step.block !== null && setsAll(s, step.block)) covered.add(s.buffer);
    }
  }
  const accessOf = (b: Buffer): ParamAccess => {
    if (!written.has(b)) return 'read';
    return needsOld.has(b) || !covered.has(b) ? 'readwrite' : 'write';
  };
  return new Map(func.params.map((b) => [b, accessOf(b)]));
}

function stepsOf(s: Stmt, inside: Block | null): Step[] {
  if (s.kind === 'BlockRealize' && !holdsBlocks(s.block)) {
    const { init, body } = s.block;
    const loads = loadsOf(init === null ? [body] : [init, body]);
    return [{ loads, inits: init === null ? [] : storesOf(init), stores: storesOf(body), block: s.block }];
  }
  if (s.kind === 'BufferStore') return [{ loads: loadsOf([s]), inits: [], stores: [s], block: inside }];
  const steps: Step[] = [];
  const below = s.kind === 'BlockRealize' ? s.block : inside;
  mapStmtChildren(
    s,
    (child) => {
      steps.push(...stepsOf(child, below));
      return child;
    },
    (e) => e,
  );
  return steps;
}

function holdsBlocks({ init, body }: Block): boolean {
  let found = false;
  for (const part of init === null ? [body] : [init, body]) {
    walkStmt(part, {
      stmt: (s) => {
        if (s.kind === 'BlockRealize') found = true;
        return !found;
      },
    });
  }
  return found;
}

function storesOf(body: Stmt): BufferStore[] {
  const stores: BufferStore[] = [];
  walkStmt(body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') stores.push(s);
    },
  });
  return stores;
}

function loadsOf(parts: readonly Stmt[]): Set<Buffer> {
  const loads = new Set<Buffer>();
  const see = (e: Expr): void => {
    walkExpr(e, (node) => {
      if (node.kind === 'BufferLoad') loads.add(node.buffer);
    });
  };
  for (const part of parts) walkStmt(part, { expr: see });
  return loads;
}

/** Whether every index is an iterator of its own over the whole dimension (or the only index there is). */
function setsAll({ buffer, indices }: BufferStore, block: Block): boolean {
  const used = new Set<Expr>();
  return indices.every((index, d) => {
    const extent = buffer.shape[d];
    if (extent === 1 && isConst(index, 0)) return true;
    const iter = block.iterVars.find((candidate) => candidate.var === index);
    if (iter === undefined || used.has(index)) return false;
    used.add(index);
    return isConst(iter.dom.min, 0) && constInt(iter.dom.extent) === extent;
  });
}
