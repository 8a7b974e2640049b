/** Row R11: as R10, with the factor sampled: a space of five programs. */
import { describe, expect, it } from 'vitest';
import { structuralHash } from '../../shared/ir/structural.js';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import { applyTrace, traceToJson, withDecision } from '../../shared/schedule/trace.js';
import { at } from '../../shared/support/errors.js';
import { expectSameProgram, expectSameResults, expectTraceRoundTrip } from '../shared/schedule/harness.js';
import { matmul } from '../shared/schedule/programs.js';

function stochasticSchedule(seed: number, n = 128): Schedule {
  const sch = createSchedule(matmul(n), { seed });
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
  sch.reorder(i, j0, k, j1);
  sch.decomposeReduction(block, k);
  return sch;
}

const decisionOf = (sch: Schedule): string => [...sch.trace.decisions.values()].join(';');

const SPACE = ['128,1', '64,2', '32,4', '16,8', '8,16'];

describe('R11', () => {
  it('has exactly the five decisions of the space, each a program of its own, in six steps', () => {
    const programs = new Map<string, string>();
    for (let seed = 0; seed < 200; seed++) {
      const sch = stochasticSchedule(seed);
      expect(sch.trace.insts).toHaveLength(6);
      programs.set(decisionOf(sch), structuralHash(sch.func));
    }
    expect(new Set(programs.keys())).toEqual(new Set(SPACE));
    expect(new Set(programs.values()).size).toBe(5);
  });

  it('decides the same for the same seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(traceToJson(stochasticSchedule(seed).trace)).toEqual(
        traceToJson(stochasticSchedule(seed).trace),
      );
    }
  });

  it('does nothing to the program by sampling alone', () => {
    const original = matmul(128);
    const sch = createSchedule(original);
    const [, j] = sch.getLoops('C', 3);
    sch.samplePerfectTile(j, { n: 2 });
    expect(sch.func).toBe(original);
  });

  it('replays to the same program with its decision, and to another, equally correct one with another', () => {
    const sch = stochasticSchedule(0, 16);
    expectTraceRoundTrip(matmul(16), sch);
    const { trace } = sch;
    const hashes = [1, 2, 4, 8, 16].map((inner) => {
      const other = withDecision(trace, at(trace.insts, 2), [16 / inner, inner], { removePostproc: false });
      const replayed = applyTrace(matmul(16), other);
      expectSameResults(matmul(16), replayed.func);
      if (decisionOf(replayed) === decisionOf(sch)) expectSameProgram(replayed.func, sch.func);
      return structuralHash(replayed.func);
    });
    expect(new Set(hashes).size).toBe(5);
  });
});
