import { describe, expect, it } from 'vitest';
import { verifyRegisters } from '../../../../server/tuning/postprocs/verify-registers.js';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import { createReplayTrace } from '../../../../server/tuning/strategies/replay-trace.js';
import type { RoundPlan } from '../../../../server/tuning/strategies/round.js';
import { structuralEqual } from '../../../../shared/ir/structural.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { applyTrace, traceFromJson } from '../../../../shared/schedule/trace.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { WORKLOAD_NAMES } from '../../../../shared/te/workload-table.js';
import { smallWorkload, SUMS_FRACTIONS } from '../../../support/small-workloads.js';
import { expectCloseResults, expectSameResults, nestOf } from '../../../shared/schedule/harness.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { asHistory, plainSpace, proposeRounds, replay, searchProblem } from './harness.js';

const tracesOf = (plans: readonly RoundPlan[]) =>
  plans.flatMap((plan) => plan.proposals.map(({ trace }) => trace));
const rejections = ({ rejected }: RoundPlan): number => Object.values(rejected).reduce((a, b) => a + b, 0);

/** Tiles of the columns: of eight columns 8x1, 4x2, 2x4 and 1x8, of which the first and the last change nothing. */
function tileColumns(sch: Schedule): void {
  const [, j] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
}

describe('random search', () => {
  const func = matmul(32);
  const problem = searchProblem(func);

  it('is the same for the same seed, and another for another seed', () => {
    const run = (seed: number) => proposeRounds(createReplayTrace({ ...problem, seed }), [6, 6]);
    expect(run(3)).toEqual(run(3));
    const programs = [1, 2, 3].map((seed) => JSON.stringify(tracesOf(run(seed))));
    expect(new Set(programs).size).toBe(3);
  });

  it('proposes the same for a round whenever and however often it is asked', () => {
    const [first, second] = proposeRounds(createReplayTrace(problem), [5, 5]);
    if (first === undefined || second === undefined) expect.fail('two rounds');
    const history = asHistory([], first.proposals);
    const strategy = createReplayTrace(problem);
    expect(
      strategy.proposeRound({ round: 1, firstTrial: 5, size: 5, spent: 0, history, model: null }),
    ).toEqual(second);
    expect(
      strategy.proposeRound({ round: 0, firstTrial: 0, size: 5, spent: 0, history: [], model: null }),
    ).toEqual(first);
    expect(
      strategy.proposeRound({ round: 1, firstTrial: 5, size: 5, spent: 0, history, model: null }),
    ).toEqual(second);
  });

  it('proposes no program twice, in a round or in different ones', () => {
    const traces = tracesOf(proposeRounds(createReplayTrace(problem), [10, 10, 10]));
    expect(traces).toHaveLength(30);
    const programs = traces.map((trace) => replay(func, trace));
    for (const [i, program] of programs.entries()) {
      expect(programs.findIndex((other) => structuralEqual(other, program))).toBe(i);
    }
  });

  it('proposes as many as it is asked for, with a hash that tells traces apart', () => {
    const [plan] = proposeRounds(createReplayTrace(problem), [20]);
    expect(plan).toMatchObject({ exhausted: false });
    expect(new Set(plan?.proposals.map(({ traceHash }) => traceHash)).size).toBe(20);
    for (const { origin, predicted } of plan?.proposals ?? []) {
      expect({ origin, predicted }).toEqual({ origin: { parent: null, mutations: [] }, predicted: null });
    }
  });

  it('counts every trace that it tries: proposed or rejected, with the reason', () => {
    const plans = proposeRounds(createReplayTrace(problem), [20, 20]);
    for (const plan of plans) expect(plan.generated).toBe(plan.proposals.length + rejections(plan));
    expect(plans.some((plan) => rejections(plan) > 0)).toBe(true);
  });
});

describe('a space that ends', () => {
  it('is proposed whole, without the program as it is, and then is exhausted', () => {
    const func = matmul(4, 8, 4);
    const strategy = createReplayTrace(searchProblem(func, { space: plainSpace(tileColumns) }));
    const [first, second, third] = proposeRounds(strategy, [1, 8, 8]);
    expect(first).toMatchObject({ exhausted: false });
    expect(first?.proposals).toHaveLength(1);
    expect(second).toMatchObject({ exhausted: true });
    expect(second?.proposals).toHaveLength(1);
    expect(second?.rejected['duplicate']).toBeGreaterThan(0);
    expect(third).toMatchObject({ exhausted: true, proposals: [] });
  });

  it('is exhausted at once when there is nothing in it', () => {
    const plans = [
      { ...plainSpace(tileColumns), generate: () => [] },
      plainSpace(() => {}),
      { ...plainSpace(tileColumns), postprocs: { never: () => false } },
    ].map((space) => proposeRounds(createReplayTrace(searchProblem(matmul(4, 8, 4), { space })), [4])[0]);
    for (const plan of plans) expect(plan).toMatchObject({ exhausted: true, proposals: [] });
    expect(plans.map((plan) => plan?.rejected)).toEqual([{}, { duplicate: 100 }, { 'postproc:never': 100 }]);
  });
});

describe('postprocs', () => {
  it('decide what is proposed, and what they do is part of the trace', () => {
    const func = matmul(4, 64, 4);
    const marked = {
      ...plainSpace(tileColumns),
      postprocs: {
        'by-eight': ({ func: scheduled }: Schedule) => nestOf(scheduled).some((loop) => loop.endsWith(':8')),
        mark: (sch: Schedule) => {
          sch.parallel(sch.getLoops('C', 4)[0]);
          return true;
        },
      },
    };
    const [plan] = proposeRounds(createReplayTrace(searchProblem(func, { space: marked })), [8]);
    expect(plan?.proposals).toHaveLength(1);
    expect(plan?.rejected['postproc:by-eight']).toBeGreaterThan(0);
    const { trace } = at(plan?.proposals ?? [], 0);
    expect(JSON.stringify(trace)).toContain('EnterPostproc');
    expect(nestOf(replay(func, trace))).toEqual(['i:4 parallel', 'j_0:8', 'j_1:8', 'k:4']);
  });

  it('refuse by illegal steps as well as by saying no', () => {
    const space = {
      ...plainSpace(tileColumns),
      postprocs: { illegal: (sch: Schedule) => sch.getBlock('nowhere') !== undefined },
    };
    const [plan] = proposeRounds(createReplayTrace(searchProblem(matmul(4, 8, 4), { space })), [2]);
    expect(plan?.proposals).toEqual([]);
    expect(Object.keys(plan?.rejected ?? {})).toEqual([expect.stringMatching(/^postproc:illegal/)]);
  });

  it('steps that are illegal for some decisions reject these alone', () => {
    const onlyEvenTiles = (sch: Schedule): void => {
      tileColumns(sch);
      const [, , inner] = sch.getLoops('C', 4);
      sch.split(inner, [2, 2]);
    };
    const space = plainSpace(onlyEvenTiles);
    const [plan] = proposeRounds(createReplayTrace(searchProblem(matmul(4, 8, 4), { space })), [4]);
    expect(plan?.exhausted).toBe(true);
    expect(Object.keys(plan?.rejected ?? {}).some((reason) => reason.startsWith('schedule:'))).toBe(true);
    for (const { trace } of plan?.proposals ?? [])
      expectSameResults(matmul(4, 8, 4), replay(matmul(4, 8, 4), trace));
  });

  it.each([3, 16])(
    'of the default space let nothing through that needs more than %i registers',
    (registers) => {
      const target = { ...TARGETS['wasm-simd128'], vectorRegisters: registers };
      const func = matmul(64);
      const [plan] = proposeRounds(createReplayTrace(searchProblem(func, { target })), [12]);
      expect(plan?.proposals).toHaveLength(12);
      expect(plan?.rejected['postproc:verify-registers']).toBeGreaterThan(0);
      for (const { trace } of plan?.proposals ?? []) {
        expect(verifyRegisters(applyTrace(func, traceFromJson(trace)), target)).toBe(true);
      }
    },
  );
});

describe('every candidate replays to a program that computes what the original does', () => {
  it.each(WORKLOAD_NAMES)('of %s', (name) => {
    const func = smallWorkload(name);
    const strategy = createReplayTrace(searchProblem(func, { space: SPACES.default, seed: 11 }));
    const traces = tracesOf(proposeRounds(strategy, [3, 3]));
    expect(traces.length).toBeGreaterThan(0);
    const expectResults = SUMS_FRACTIONS.has(name) ? expectCloseResults : expectSameResults;
    for (const trace of traces) expectResults(func, replay(func, trace));
  });
});
