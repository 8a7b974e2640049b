/**
 * @file Pass `dissolve-blocks`: replaces every block by its body with iterator values put in, its predicate becoming an
 * `if`, and gathers the allocated buffers. Inits must have been placed before.
 */
import type { Buffer } from '../../shared/ir/buffer.js';
import { isConst } from '../../shared/ir/build.js';
import { ifStmt } from '../../shared/ir/build-stmt.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { BlockRealize, Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren, substitute } from '../../shared/ir/visit.js';
import { invariant } from '../../shared/support/errors.js';
import type { LoopProgram } from './loop-program.js';
import { placeInit } from './place-init.js';

/** From a scheduled function to plain loops. */
export function dissolveBlocks(func: PrimFunc): LoopProgram {
  const temporaries: Buffer[] = [...func.root.allocBuffers];
  const body = dissolve(placeInit(func.root.body), new Map(), temporaries);
  return { name: func.name, params: func.params, temporaries, body };
}

function dissolve(s: Stmt, values: ReadonlyMap<Var, Expr>, temporaries: Buffer[]): Stmt {
  const onExpr = (e: Expr): Expr => substitute(e, values);
  if (s.kind === 'BlockRealize') return dissolveRealize(s, values, temporaries);
  return mapStmtChildren(s, (child) => dissolve(child, values, temporaries), onExpr);
}

function dissolveRealize(realize: BlockRealize, outer: ReadonlyMap<Var, Expr>, temporaries: Buffer[]): Stmt {
  const { block } = realize;
  invariant(block.init === null, `the init of block ${block.name} was not placed`);
  temporaries.push(...block.allocBuffers);
  const values = new Map(outer);
  for (const [i, iter] of block.iterVars.entries()) {
    const value = realize.iterValues[i];
    invariant(value !== undefined, `block ${block.name} lacks a value for ${iter.var.name}`);
    values.set(iter.var, substitute(value, outer));
  }
  const body = dissolve(block.body, values, temporaries);
  const predicate = substitute(realize.predicate, outer);
  return isConst(predicate, 1) ? body : ifStmt(predicate, body);
}
