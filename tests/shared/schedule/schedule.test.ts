import { describe, expect, it } from 'vitest';
import { ScheduleError } from '../../../shared/schedule/errors.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { traceToJson } from '../../../shared/schedule/trace.js';
import { expectRefused, nestOf } from './harness.js';
import { elementwise3d, matmul, vectorAdd } from './programs.js';

describe('a schedule', () => {
  it('records steps that succeed and forgets those that are refused', () => {
    const sch = createSchedule(matmul(8), { verify: true });
    const [i, j, k] = sch.getLoops('C', 3);
    const { func } = sch;
    expectRefused(sch, 'WRONG_BLOCK_ITER_TYPE', () => sch.parallel(k));
    expect(sch.func).toBe(func);
    sch.parallel(i);
    expect(sch.func).not.toBe(func);
    expect(func).toEqual(matmul(8));
    expect(sch.trace.insts.map((inst) => inst.kind)).toEqual(['GetSBlock', 'GetLoops', 'Parallel']);
    expect(sch.get(j).loopVar.name).toBe('j');
  });

  it('gives traces that later steps do not change', () => {
    const sch = createSchedule(matmul(8));
    const [i] = sch.getLoops('C', 3);
    const { trace } = sch;
    sch.parallel(i);
    expect(trace.insts).toHaveLength(2);
  });

  it('keeps loops and blocks that a step does not concern', () => {
    const sch = createSchedule(elementwise3d(8));
    const [i, j, k] = sch.getLoops('B', 3);
    const body = sch.get(k).body;
    sch.split(i, [2, 4]);
    expect(sch.get(j).loopVar.name).toBe('j');
    sch.vectorize(k);
    expect(sch.get(k).body).not.toBe(body);
    const block = sch.get(sch.getBlock('B'));
    sch.unroll(j);
    expect(sch.get(sch.getBlock('B'))).toBe(block);
  });

  it('draws the same for the same seed', () => {
    const draw = (seed: number) => {
      const sch = createSchedule(vectorAdd(1024), { seed });
      const [i] = sch.getLoops('C', 1);
      for (let n = 0; n < 5; n++) sch.samplePerfectTile(i, { n: 3 });
      return traceToJson(sch.trace);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('knows only its own random variables', () => {
    const [one, other] = [createSchedule(matmul(8)), createSchedule(matmul(8))];
    const [i] = one.getLoops('C', 3);
    expectRefused(other, 'UNKNOWN_RANDOM_VARIABLE', () => other.parallel(i));
    expectRefused(other, 'UNKNOWN_RANDOM_VARIABLE', () => other.get(i));
  });

  it('renders the text of a refusal when it is read, with the code', () => {
    let rendered = 0;
    const error = new ScheduleError('BAD_ARGUMENT', { primitive: 'split', locations: ['i'] }, () => {
      rendered++;
      return 'why';
    });
    expect(rendered).toBe(0);
    expect(error.message).toBe('split: why [BAD_ARGUMENT]');
    expect(String(error)).toContain('ScheduleError: split: why');
    expect(rendered).toBe(2);
  });
});

describe('a copy', () => {
  it('shares random variables, and goes its own way', () => {
    const sch = createSchedule(matmul(8));
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const copy = sch.copy();
    copy.reorder(k, i);
    sch.parallel(j);
    copy.decomposeReduction(block, k);
    expect(nestOf(sch.func)).toEqual(['i:8', 'j:8 parallel', 'k:8']);
    expect(sch.get(block).name).toBe('C');
    expect(copy.get(block).name).toBe('C_update');
    expect(copy.get(j).forKind).toBe('serial');
    expect(sch.trace.insts).toHaveLength(3);
    expect(copy.trace.insts).toHaveLength(4);
  });

  it('samples from a stream of its own', () => {
    const sch = createSchedule(vectorAdd(1024), { seed: 4 });
    const [i] = sch.getLoops('C', 1);
    const draw = (from: typeof sch): string => {
      const drawn = Array.from({ length: 8 }, () =>
        from.samplePerfectTile(i, { n: 3 }).map((rv) => from.get(rv)),
      );
      return drawn.join(';');
    };
    const [a, b] = [sch.copy(), sch.copy()];
    const draws = [draw(a), draw(b), draw(a.copy()), draw(sch)];
    expect(new Set(draws).size).toBe(4);
  });
});
