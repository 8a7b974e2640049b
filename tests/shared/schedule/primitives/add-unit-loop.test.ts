import { expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { expectRefused, expectSameProgram, expectSound, nestOf } from '../harness.js';
import { elementwise3d, program, vectorAdd } from '../programs.js';

it('puts a loop of one iteration around a block, or a loop', () => {
  const original = elementwise3d(4);
  const sch = createSchedule(original, { verify: true });
  const block = sch.getBlock('B');
  const [, j] = sch.getLoops(block, 3);
  const inner = sch.addUnitLoop(block);
  const middle = sch.addUnitLoop(j);
  expect(nestOf(sch.func)).toEqual(['i:4', 'u:1', 'j:4', 'k:4', 'u:1']);
  expect(sch.getLoops(block).map((loop) => sch.get(loop))).toEqual([
    expect.anything(),
    sch.get(middle),
    expect.anything(),
    expect.anything(),
    sch.get(inner),
  ]);
  expectSound(original, sch);
});

it('gives a block without loops one', () => {
  const original = program(
    'A: T.Buffer((1,), "float32")',
    `
    with T.block("A"):
        vi = T.axis.spatial(1, 0)
        A[vi] = T.float32(3)
`,
  );
  const sch = createSchedule(original, { verify: true });
  sch.addUnitLoop(sch.getBlock('A'));
  expectSameProgram(
    sch.func,
    program(
      'A: T.Buffer((1,), "float32")',
      `
    for u in range(1):
        with T.block("A"):
            vi = T.axis.spatial(1, 0)
            A[vi] = T.float32(3)
`,
    ),
  );
  expectSound(original, sch);
});

it('is recorded as TVM records it', () => {
  const sch = createSchedule(vectorAdd(4));
  sch.addUnitLoop(sch.getBlock('C'));
  expect(traceToJson(sch.trace)[0].at(-1)).toEqual(['AddUnitLoop', ['b0'], [], ['l1']]);
  expect(traceToText(sch.trace)).toContain('l1 = sch.add_unit_loop(block_or_loop=b0)');
});

it('refuses the root, and what is not there', () => {
  const sch = createSchedule(vectorAdd(4));
  const root = sch.getBlock('root');
  const [i] = sch.getLoops('C', 1);
  expectRefused(sch, 'ROOT_BLOCK', () => sch.addUnitLoop(root));
  sch.split(i, [2, 2]);
  expectRefused(sch, 'UNKNOWN_LOOP', () => sch.addUnitLoop(i));
});
