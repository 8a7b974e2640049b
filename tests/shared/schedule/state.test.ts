import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../../shared/ir/build-stmt.js';
import type { Var } from '../../../shared/ir/expr.js';
import { freshBlockName, removeBlock, replaceBlock, replaceStmt } from '../../../shared/schedule/replace.js';
import {
  blocksUnder,
  createState,
  innerBlockEntry,
  loopBounds,
  loopEntry,
  loopsAbove,
  lowestCommonAncestor,
  type ScheduleState,
} from '../../../shared/schedule/state.js';
import { ScheduleError } from '../../../shared/schedule/errors.js';
import { InternalError, lookup } from '../../../shared/support/errors.js';
import { expectSameProgram } from './harness.js';
import { matmulRelu, program, twoElementwise } from './programs.js';

const block = (state: ScheduleState, name: string) => innerBlockEntry(state, name, 'test');

const loopNames = (vars: Iterable<Var>): string[] => [...vars].map((v) => v.name);

describe('the index', () => {
  it('has every loop and block with its parents, scope and children', () => {
    const state = createState(matmulRelu(4));
    const { root, loops, blocks } = state.index;
    expect(loopNames(loops.keys())).toEqual(['i', 'j', 'k', 'i', 'j']);
    expect([...blocks.keys()]).toEqual(['root', 'Y', 'C']);
    expect(root.children.map((child) => child.block.name)).toEqual(['Y', 'C']);
    const y = block(state, 'Y');
    expect(y.scope).toBe(root);
    expect(loopNames(loopsAbove(y).map((loop) => loop.node.loopVar))).toEqual(['i', 'j', 'k']);
    const [outer] = loopsAbove(y);
    expect(outer?.parent).toBe(root);
    expect(outer && blocksUnder(outer)).toEqual([y]);
    expect(lowestCommonAncestor(y, block(state, 'C'))).toBe(root);
    expect(lowestCommonAncestor(y, y)).toBe(y);
    expect(createState(state.func).index).not.toBe(state.index);
    expect(state.index).toBe(state.index);
  });

  it('stops scopes at blocks', () => {
    const func = program(
      'A: T.Buffer((8, 8), "float32")',
      `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            T.writes(A[vi, 0:8])
            for j in range(8):
                with T.block("inner"):
                    vj = T.axis.spatial(8, j)
                    A[vi, vj] = T.float32(1)
`,
    );
    const state = createState(func);
    const [outer, inner] = [block(state, 'outer'), block(state, 'inner')];
    expect(inner.scope).toBe(outer);
    expect(state.index.root.children).toEqual([outer]);
    expect(loopsAbove(inner)).toHaveLength(1);
    expect([...loopBounds(inner).values()]).toEqual([{ min: 0, max: 7 }]);
  });

  it('holds a function to its invariants', () => {
    const func = twoElementwise(4);
    const { body } = func.root;
    const twice = { ...func, root: { ...func.root, body: { kind: 'Seq' as const, stmts: [body, body] } } };
    expect(() => createState(twice).index).toThrow(InternalError);
  });

  it('refuses what it does not have', () => {
    const [state, other] = [createState(twoElementwise(4)), createState(twoElementwise(4))];
    const [foreign] = other.index.loops.keys();
    if (foreign === undefined) throw new Error('there is a loop');
    expect(() => loopEntry(state, foreign, 'test')).toThrow(ScheduleError);
    expect(() => block(state, 'nowhere')).toThrow(/test: there is no block nowhere/);
  });
});

describe('replacing', () => {
  it('shares everything that is not on the way', () => {
    const state = createState(twoElementwise(4));
    const [c, b] = [block(state, 'C'), block(state, 'B')];
    const { realize } = c;
    const next = replaceStmt(state, c, { ...realize, predicate: realize.predicate });
    const after = block(next, 'B');
    expect(after.realize).toBe(b.realize);
    expect(after.parent.kind === 'loop' && after.parent.node).toBe(b.parent.kind === 'loop' && b.parent.node);
    expect(block(next, 'C').realize).not.toBe(realize);
    expect(block(next, 'C').block).toBe(c.block);
    expectSameProgram(next.func, state.func);
    expect(state.index.blocks.get('C')).toBe(c);
  });

  it('swaps the definition of a block, the root among them', () => {
    const state = createState(twoElementwise(4));
    const annotations = { note: 1 };
    const c = block(state, 'C');
    const inner = replaceBlock(state, c, { ...c.block, annotations });
    expect(block(inner, 'C').block.annotations).toBe(annotations);
    expect(block(inner, 'C').realize.iterValues).toBe(c.realize.iterValues);
    const { root } = state.index;
    const outer = replaceBlock(state, root, { ...root.block, annotations });
    expect(outer.func.root).toMatchObject({ annotations });
    expect(outer.func.root.body).toBe(state.func.root.body);
  });

  it('removes a block with the loops that hold nothing else', () => {
    const state = createState(twoElementwise(4));
    const next = removeBlock(state, block(state, 'B'), 'test');
    expect([...next.index.blocks.keys()]).toEqual(['root', 'C']);
    expect(next.index.loops.size).toBe(2);
    expect(next.func.root.body.kind).toBe('For');
    expect(() => removeBlock(next, block(next, 'C'), 'test')).toThrow(ScheduleError);
  });

  it('removes a block from a loop that others share', () => {
    const func = program(
      'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
      `
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(1)
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = T.float32(2)
`,
    );
    const state = createState(func);
    const next = removeBlock(state, block(state, 'A'), 'test');
    const [loop] = next.index.loops.values();
    expect(loop?.node.body).toBe(block(state, 'B').realize);
    expect(loop?.node.loopVar).toBe(
      lookup(state.index.loops, [...state.index.loops.keys()][0] as Var, 'loop').node.loopVar,
    );
  });

  it('drops an empty replacement from a sequence', () => {
    const state = createState(twoElementwise(4));
    const [first] = loopsAbove(block(state, 'B'));
    if (first === undefined) throw new Error('there is a loop');
    expect(replaceStmt(state, first, EMPTY).func.root.body.kind).toBe('For');
  });

  it('finds block names that are free', () => {
    const state = createState(twoElementwise(4));
    expect(freshBlockName(state, 'D')).toBe('D');
    expect(freshBlockName(state, 'B')).toBe('B_1');
  });
});
