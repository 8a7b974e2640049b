/** @file Copies of statements: the same computation with loops, iterators, blocks and temporaries of its own. */
import { buffer as makeBuffer, type Buffer } from '../ir/buffer.js';
import { variable } from '../ir/build.js';
import type { Var } from '../ir/expr.js';
import type { Stmt } from '../ir/stmt.js';
import { mapStmt, replaceBuffers, substituteStmt, walkStmt } from '../ir/visit.js';

/**
 * A copy in which everything that `s` binds or allocates is new; what comes from outside stays.
 *
 * @param nameOf names of the copied blocks, which must be free
 */
export function copyStmt(s: Stmt, nameOf: (block: string) => string): Stmt {
  const vars = new Map<Var, Var>();
  const buffers = new Map<Buffer, Buffer>();
  const bind = (v: Var): void => void vars.set(v, variable(v.name, v.dtype));
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'For') bind(node.loopVar);
      if (node.kind === 'Let') bind(node.var);
      if (node.kind !== 'BlockRealize') return;
      for (const iter of node.block.iterVars) bind(iter.var);
      for (const b of node.block.allocBuffers) buffers.set(b, makeBuffer(b.name, b.shape, b.dtype, b.scope));
    },
  });
  const copyOf = (v: Var): Var => vars.get(v) ?? v;
  const rebound = mapStmt(substituteStmt(s, vars), {
    stmt: (node) => {
      if (node.kind === 'For') {
        return { ...node, loopVar: copyOf(node.loopVar) };
      }
      if (node.kind === 'Let') return { ...node, var: copyOf(node.var) };
      if (node.kind !== 'BlockRealize') return node;
      const { block } = node;
      const iterVars = block.iterVars.map((iter) => ({ ...iter, var: copyOf(iter.var) }));
      return { ...node, block: { ...block, name: nameOf(block.name), iterVars } };
    },
  });
  return replaceBuffers(rebound, buffers);
}
