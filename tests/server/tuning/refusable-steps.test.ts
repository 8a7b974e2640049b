import { describe, expect, it } from 'vitest';
import { fork, tryStep } from '../../../server/tuning/refusable-steps.js';
import { at, InternalError } from '../../../shared/support/errors.js';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import { expectSameProgram } from '../../shared/schedule/harness.js';
import { vectorAdd } from '../../shared/schedule/programs.js';

const func = vectorAdd(8);

function unrolled(sch: Schedule): void {
  sch.unroll(sch.getLoops('C', 1)[0]);
}

/** Legal, then illegal. */
function refused(sch: Schedule): void {
  unrolled(sch);
  sch.getBlock('no such block');
}

function defect(): never {
  throw new InternalError('broken');
}

describe('trying steps', () => {
  it('tells whether all were taken, on the schedule itself', () => {
    const sch = createSchedule(func);
    expect(tryStep(() => unrolled(sch))).toBe(true);
    expect(sch.func).not.toBe(func);
    expect(tryStep(() => refused(sch))).toBe(false);
  });

  it('hides no defect', () => {
    expect(() => tryStep(defect)).toThrow(InternalError);
    expect(() => fork(createSchedule(func), defect)).toThrow(InternalError);
  });
});

describe('forking a design', () => {
  it('takes the steps on a copy', () => {
    const [sch, other] = [createSchedule(func), createSchedule(func)];
    const copies = fork(sch, unrolled);
    unrolled(other);
    expect(copies).toHaveLength(1);
    expectSameProgram(at(copies, 0).func, other.func);
    expect(sch.func).toBe(func);
  });

  it('gives none when a step is refused, and leaves the design as it was', () => {
    const sch = createSchedule(func);
    expect(fork(sch, refused)).toEqual([]);
    expect(sch.func).toBe(func);
  });
});
