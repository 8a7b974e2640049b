import { describe, expect, it } from 'vitest';
import { createProgramSet, programOf } from '../../../../server/tuning/strategies/program-set.js';
import type { LoopRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { matmul, vectorAdd } from '../../../shared/schedule/programs.js';

/** The product of 8 by 8 matrices after some steps. */
function scheduled(transform: (sch: Schedule) => void) {
  const sch = createSchedule(matmul(8));
  transform(sch);
  return programOf(sch.func);
}

const plain = programOf(matmul(8));

function isNewBeside(program: ReturnType<typeof programOf>): boolean {
  const set = createProgramSet();
  set.add(plain);
  const isNew = !set.has(program);
  expect(set.add(program)).toBe(isNew);
  expect(set.has(program)).toBe(true);
  if (!isNew) expect(program.hash).toBe(plain.hash);
  return isNew;
}

describe('the same program', () => {
  it('is one that was built anew, with other variables', () => {
    expect(isNewBeside(programOf(matmul(8)))).toBe(false);
  });

  it.each([0, 1, 2])('has plain loops of one iteration more, inside or outside of loop %i', (which) => {
    const split = (factors: readonly [number | null, number | null]) =>
      scheduled((sch) => void sch.split(at(sch.getLoops('C', 3), which), factors));
    expect(isNewBeside(split([null, 1]))).toBe(false);
    expect(isNewBeside(split([1, null]))).toBe(false);
    expect(isNewBeside(split([null, 2]))).toBe(true);
  });

  it('has loops of one iteration that are unrolled, vectorized or parallel', () => {
    const unit = (change: (sch: Schedule, loop: LoopRV) => void) =>
      scheduled((sch) => {
        const [outer] = sch.split(sch.getLoops('C', 3)[0], [1, null]);
        change(sch, outer);
      });
    expect(isNewBeside(unit((sch, loop) => sch.unroll(loop)))).toBe(false);
    expect(isNewBeside(unit((sch, loop) => sch.vectorize(loop)))).toBe(false);
    expect(isNewBeside(unit((sch, loop) => sch.parallel(loop)))).toBe(false);
  });
});

describe('another program', () => {
  it.each<[string, (sch: Schedule) => void]>([
    ['another order', (sch) => sch.reorder(...sch.getLoops('C', 3).toReversed())],
    ['a kind of loop', (sch) => sch.parallel(sch.getLoops('C', 3)[0])],
    ['an annotation of a loop', (sch) => sch.annotate(sch.getLoops('C', 3)[0], 'note', 1)],
    ['an annotation of a block', (sch) => sch.annotate(sch.getBlock('C'), 'note', 1)],
    ['an annotation of a loop of one iteration', annotatedUnitLoop],
  ])('has %s', (_, transform) => {
    expect(isNewBeside(scheduled(transform))).toBe(true);
  });

  it('has another value of an annotation', () => {
    const set = createProgramSet();
    const noted = (value: number) => scheduled((sch) => sch.annotate(sch.getBlock('C'), 'note', value));
    expect([noted(1), noted(2), noted(1)].map((program) => set.add(program))).toEqual([true, true, false]);
  });

  it('has other extents', () => {
    const set = createProgramSet();
    const programs = [8, 9, 8].map((n) => programOf(vectorAdd(n)));
    expect(programs.map((program) => set.add(program))).toEqual([true, true, false]);
  });
});

/** Annotations speak of everything inside. */
function annotatedUnitLoop(sch: Schedule): void {
  const [outer] = sch.split(sch.getLoops('C', 3)[0], [1, null]);
  sch.annotate(outer, 'note', 1);
}

describe('a program that is added by its hash', () => {
  it('is made only when another has the same hash', () => {
    const set = createProgramSet();
    let made = 0;
    set.addLater(plain.hash, () => {
      made++;
      return plain;
    });
    expect(set.has(programOf(matmul(9)))).toBe(false);
    expect(made).toBe(0);
    expect(set.has(programOf(matmul(8)))).toBe(true);
    expect(made).toBe(1);
  });

  it('does not count when it cannot be made, and collides with nothing when it is another', () => {
    const set = createProgramSet();
    set.addLater(plain.hash, () => null);
    set.addLater(plain.hash, () => programOf(vectorAdd(8)));
    expect(set.has(plain)).toBe(false);
    expect(set.add(plain)).toBe(true);
    expect(set.add(plain)).toBe(false);
  });
});
