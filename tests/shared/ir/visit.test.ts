import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, int, load, lt, mul, select, variable } from '../../../shared/ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  iterVar,
  pointRegion,
  range,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { Stmt } from '../../../shared/ir/stmt.js';
import {
  mapExpr,
  mapStmt,
  replaceBuffers,
  substitute,
  substituteStmt,
  varsOf,
  walkStmt,
} from '../../../shared/ir/visit.js';

const A = buffer('A', [8]);
const B = buffer('B', [8]);
const i = variable('i');
const v = variable('v');

/** `for i in 8: with block(v = i): B[v] = A[v] * 2 if v < 4 else A[v]` */
function program(): Stmt {
  const value = select(lt(v, 4), mul(load(A, [v]), 2), load(A, [v]));
  const body = block('B', {
    iterVars: [iterVar(v, range(0, 8), 'spatial')],
    reads: [pointRegion(A, [v])],
    writes: [pointRegion(B, [v])],
    body: store(B, value, [v]),
  });
  return forLoop(i, 8, blockRealize([i], body));
}

describe('maps', () => {
  it('return the same object when nothing changed', () => {
    const s = program();
    expect(mapStmt(s, { expr: (e) => e, stmt: (node) => node })).toBe(s);
    const e = add(mul(i, 3), v);
    expect(mapExpr(e, (node) => node)).toBe(e);
    expect(substitute(e, new Map([[variable('i'), int(1)]]))).toBe(e);
  });

  it('rebuild through the smart constructors, so constants fold', () => {
    expect(substitute(add(mul(i, 3), 1), new Map([[i, int(2)]]))).toEqual(int(7));
  });

  it('replace uses of a variable and leave its binder', () => {
    const s = substituteStmt(program(), new Map([[i, int(5)]]));
    expect(s.kind === 'For' && s.loopVar).toBe(i);
    expect(s.kind === 'For' && s.body.kind === 'BlockRealize' && s.body.iterValues).toEqual([int(5)]);
  });

  it('replace a buffer in loads, stores and declared regions', () => {
    const C = buffer('C', [8]);
    const replaced = replaceBuffers(program(), new Map([[A, C]]));
    const seen = new Set<string>();
    walkStmt(replaced, {
      stmt: (s) => {
        if (s.kind === 'BlockRealize') for (const r of s.block.reads) seen.add(r.buffer.name);
      },
      expr: (e) => {
        if (e.kind === 'BufferLoad') seen.add(e.buffer.name);
      },
    });
    expect([...seen]).toEqual(['C']);
  });
});

it('variables come in order of first occurrence', () => {
  expect([...varsOf(add(add(v, mul(i, 2)), mul(v, 3)))]).toEqual([v, i]);
});

it('a walk can skip what is below a node', () => {
  const kinds: string[] = [];
  walkStmt(program(), {
    stmt: (s) => {
      kinds.push(s.kind);
      return s.kind !== 'BlockRealize';
    },
  });
  expect(kinds).toEqual(['For', 'BlockRealize']);
});
