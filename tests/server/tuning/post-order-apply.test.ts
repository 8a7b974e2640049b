import { describe, expect, it } from 'vitest';
import { postOrderApply } from '../../../server/tuning/post-order-apply.js';
import { SCHEDULE_RULE, type ScheduleRule } from '../../../server/tuning/rules/schedule-rule.js';
import { spaceOf, spaceUnion } from '../../../server/tuning/space.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { matmul, matmulRelu, program, twoElementwise } from '../../shared/schedule/programs.js';
import { designsOf, spaceContext } from './rules/harness.js';

/** A rule that notes the blocks it is given and does nothing. */
function noting(names: string[]): ScheduleRule {
  return (sch, block) => {
    names.push(sch.get(block).name);
    return [sch];
  };
}

/** A rule that gives a design without and one with a mark on each block, as TVM's test of forks does. */
const marking: ScheduleRule = (sch, block) => {
  const marked = sch.copy();
  marked.annotate(block, 'mark', 1);
  return [sch, marked];
};

const NESTED = program(
  'A: T.Buffer((4, 4), "float32"), B: T.Buffer((4, 4), "float32")',
  `
    C = T.alloc_buffer((4, 4), "float32")
    for i in range(4):
        with T.block("outer"):
            vi = T.axis.spatial(4, i)
            for j in range(4):
                with T.block("inner"):
                    vj = T.axis.spatial(4, j)
                    C[vi, vj] = A[vi, vj]
    for i, j in T.grid(4, 4):
        with T.block("last"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = C[vi, vj]
`,
);

function annotated(func: PrimFunc, block: string, rule: string): PrimFunc {
  const sch = createSchedule(func);
  sch.annotate(sch.getBlock(block), SCHEDULE_RULE, rule);
  return sch.func;
}

describe('post-order-apply', () => {
  it('applies a rule to the root first, then from the last block to the first, outer blocks before inner ones', () => {
    const names: string[] = [];
    designsOf(NESTED, noting(names));
    expect(names).toEqual(['root', 'last', 'outer', 'inner']);
  });

  it('applies one rule to all blocks before the next', () => {
    const names: string[] = [];
    designsOf(matmulRelu(4), noting(names), noting(names));
    expect(names).toEqual(['root', 'C', 'Y', 'root', 'C', 'Y']);
  });

  it('asks for every block by name once, the inner ones first', () => {
    const [design] = designsOf(NESTED, (sch) => [sch]);
    const asked = design?.trace.insts.map((inst) => (inst.kind === 'GetSBlock' ? inst.args.name : inst.kind));
    expect(asked).toEqual(['inner', 'outer', 'last', 'root']);
  });

  it('goes on with every design that a rule gives', () => {
    const designs = designsOf(matmul(4), marking, marking);
    // 2 blocks; a mark is set once, but the rule forks all the same.
    expect(designs).toHaveLength(16);
    const marks = designs.map((sch) =>
      ['root', 'C']
        .map((name) => (sch.get(sch.getBlock(name)).annotations['mark'] === 1 ? 'x' : '-'))
        .join(''),
    );
    expect(new Set(marks)).toEqual(new Set(['--', '-x', 'x-', 'xx']));
  });

  it('gives no designs when a rule gives none', () => {
    expect(designsOf(matmul(4), () => [])).toEqual([]);
  });

  it('passes over blocks that an earlier step has dissolved', () => {
    const names: string[] = [];
    const inlining: ScheduleRule = (sch, block) => {
      if (sch.get(block).name === 'B') sch.computeInline(block);
      return [sch];
    };
    designsOf(twoElementwise(4), inlining, noting(names));
    expect(names).toEqual(['root', 'C']);
  });

  it('leaves blocks annotated with a rule of their own to the rule that is for them', () => {
    const [ordinary, custom]: [string[], string[]] = [[], []];
    const forAll: ScheduleRule = Object.assign(noting(custom), { forAnnotatedBlocks: true });
    designsOf(annotated(matmulRelu(4), 'Y', 'mine'), noting(ordinary), forAll);
    expect(ordinary).toEqual(['root', 'C']);
    expect(custom).toEqual(['root', 'C', 'Y']);
  });

  it('is repeatable: equal seeds give equal decisions', () => {
    const drawing: ScheduleRule = (sch) => {
      sch.sampleCategorical([1, 2, 3, 4], [0.25, 0.25, 0.25, 0.25]);
      return [sch, sch.copy()];
    };
    const space = postOrderApply([drawing]);
    const decisions = (seed: number): unknown[] =>
      space(matmul(4), spaceContext(seed)).map((sch) => [...sch.trace.decisions.values()]);
    expect(decisions(7)).toEqual(decisions(7));
    expect(decisions(7)).not.toEqual(decisions(8));
  });
});

describe('a union of spaces', () => {
  it('has the designs of all, in order', () => {
    const one = spaceOf((sch) => sch.annotate(sch.getBlock('root'), 'space', 1));
    const forked = postOrderApply([marking]);
    const designs = spaceUnion(one, forked)(matmul(4), spaceContext());
    expect(designs).toHaveLength(5);
    expect(designs[0]?.func.root.annotations).toEqual({ space: 1 });
    expect(spaceUnion()(matmul(4), spaceContext())).toEqual([]);
  });
});
