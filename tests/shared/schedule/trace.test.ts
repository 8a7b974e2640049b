import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import {
  applyTrace,
  simplified,
  traceToJson,
  withDecision,
  type Trace,
} from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import { expectRefused, expectSameProgram, expectSameResults, nestOf } from './harness.js';
import { matmul, vectorAdd } from './programs.js';

const kinds = ({ insts }: Trace): string[] => insts.map((inst) => inst.kind);

function tiled(seed: number): Schedule {
  const sch = createSchedule(matmul(16), { seed });
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  sch.getProducers(block);
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
  sch.reorder(i, j0, k, j1);
  sch.enterPostproc();
  sch.decomposeReduction(block, k);
  return sch;
}

const tileOf = (trace: Trace) => {
  const inst = trace.insts.find(({ kind }) => kind === 'SamplePerfectTile');
  if (inst === undefined) throw new Error('there is no tile');
  return inst;
};

describe('applyTrace', () => {
  it('takes the recorded decisions again, and shares instructions and random variables', () => {
    for (let seed = 0; seed < 10; seed++) {
      const sch = tiled(seed);
      const { trace } = sch;
      const replayed = applyTrace(matmul(16), trace, { seed: seed + 1 });
      expectSameProgram(replayed.func, sch.func);
      expect(replayed.trace.insts).toEqual(trace.insts);
      expect(replayed.trace.insts[0]).toBe(trace.insts[0]);
      const [rv] = at(trace.insts, 0).outputs;
      if (rv?.kind !== 'BlockRV') throw new Error('the first step finds the block');
      expect(replayed.get(rv).name).toBe('C_update');
    }
  });

  it('draws afresh where it is told to: same seed, same draw', () => {
    const { trace } = tiled(0);
    const fresh = (seed: number) => applyTrace(matmul(16), trace, { seed, decide: () => null });
    const decided = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const sch = fresh(seed);
      expect(traceToJson(fresh(seed).trace)).toEqual(traceToJson(sch.trace));
      decided.add(String(sch.trace.decisions.get(tileOf(trace))));
      expectSameResults(matmul(16), sch.func);
    }
    expect([...decided].toSorted()).toEqual(['1,16', '16,1', '2,8', '4,4', '8,2']);
  });

  it('lets the caller decide', () => {
    const { trace } = tiled(0);
    const seen: unknown[] = [];
    const sch = applyTrace(matmul(16), trace, {
      decide: (inst, recorded) => {
        seen.push(recorded);
        return inst.kind === 'SamplePerfectTile' ? [8, 2] : recorded;
      },
    });
    expect(nestOf(sch.func)).toEqual(['i:16', 'j_0:8']);
    expect(sch.trace.decisions.get(tileOf(trace))).toEqual([8, 2]);
    expect(seen.filter((decision) => decision !== null)).toEqual([trace.decisions.get(tileOf(trace))]);
  });

  it('mends decisions on a function of another size', () => {
    const { trace } = withTile([2, 8]);
    const sch = applyTrace(matmul(12), trace);
    expect(sch.trace.decisions.get(tileOf(trace))).toEqual([1, 12]);
    expectSameResults(matmul(12), sch.func);
  });

  it('stops before postprocessing when asked', () => {
    const { trace } = tiled(0);
    const sch = applyTrace(matmul(16), trace, { removePostproc: true });
    expect(kinds(sch.trace)).toEqual(kinds(trace).slice(0, -2));
  });

  it('refuses a trace that does not fit the function', () => {
    const { trace } = tiled(0);
    const empty = createSchedule(vectorAdd(16));
    expectRefused(empty, 'UNKNOWN_BLOCK', () => applyTrace(matmulNamed(), trace));
    expectRefused(empty, 'OUTPUT_COUNT', () => applyTrace(vectorAdd(16), trace));
  });
});

function matmulNamed() {
  const func = matmul(16);
  const sch = createSchedule(func);
  sch.decomposeReduction(sch.getBlock('C'), sch.getLoops('C', 3)[2]);
  return sch.func;
}

function withTile(decision: readonly number[]): { trace: Trace } {
  const { trace } = tiled(0);
  return { trace: withDecision(trace, tileOf(trace), decision, { removePostproc: false }) };
}

describe('simplified', () => {
  it('drops queries and samples that nobody uses, and keeps those that somebody does', () => {
    const sch = tiled(0);
    sch.sampleCategorical([1], [1]);
    const { trace } = sch;
    const simple = simplified(trace, { removePostproc: false });
    expect(kinds(simple)).toEqual([
      'GetSBlock',
      'GetLoops',
      'SamplePerfectTile',
      'Split',
      'Reorder',
      'EnterPostproc',
      'DecomposeReduction',
    ]);
    expect([...simple.decisions.keys()]).toEqual([tileOf(trace)]);
    expectSameProgram(applyTrace(matmul(16), simple).func, sch.func);
  });

  it('drops what was only for postprocessing', () => {
    const sch = createSchedule(matmul(16));
    const block = sch.getBlock('C');
    const [, , k] = sch.getLoops(block, 3);
    sch.enterPostproc();
    sch.decomposeReduction(block, k);
    expect(kinds(simplified(sch.trace, { removePostproc: true }))).toEqual([]);
    expect(kinds(simplified(sch.trace, { removePostproc: false }))).toHaveLength(4);
  });
});

describe('withDecision', () => {
  it('changes one decision and nothing else, and not the original', () => {
    const { trace } = tiled(0);
    const before = traceToJson(trace);
    const changed = withDecision(trace, tileOf(trace), [1, 16], { removePostproc: false });
    expect(changed.insts).toEqual(trace.insts);
    expect(nestOf(applyTrace(matmul(16), changed).func)).toEqual(['i:16', 'j_0:1']);
    expect(traceToJson(trace)).toEqual(before);
    const short = withDecision(trace, tileOf(trace), [1, 16], { removePostproc: true });
    expect(kinds(short)).not.toContain('EnterPostproc');
  });
});
