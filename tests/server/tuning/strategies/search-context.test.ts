import { describe, expect, it } from 'vitest';
import { NO_ORIGIN } from '../../../../db/candidate-record.js';
import { createProgramSet, programOf } from '../../../../server/tuning/strategies/program-set.js';
import type { PastTrial, RoundRequest } from '../../../../server/tuning/strategies/round.js';
import {
  createSearchContext,
  failuresUntilExhausted,
  type Individual,
  type RoundContext,
} from '../../../../server/tuning/strategies/search-context.js';
import type { TraceJson } from '../../../../shared/protocol/measure.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { createRng } from '../../../../shared/support/rng.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { asHistory, plainSpace, searchProblem } from './harness.js';

const FIRST: RoundRequest = { round: 0, firstTrial: 0, size: 8, spent: 0, history: [], model: null };
const func = matmul(8);

/** As another version may have stored it. */
const NO_SUCH_BLOCK: TraceJson = [[['GetSBlock', [], ['D', 'main'], ['b0']]], []];

/** Columns of 8: 8x1, 4x2, 2x4 and 1x8; the first and the last leave the program as it is. */
function tileColumns(sch: Schedule): void {
  const [, j] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
}

function openRound(request: RoundRequest = FIRST, space = plainSpace(tileColumns)): RoundContext {
  return createSearchContext(searchProblem(func, { space })).openRound(request);
}

/** The trace of the tile `[8 / inner, inner]`. */
function tiled(inner: number) {
  const sch = createSchedule(func);
  const [, j] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2, decision: [8 / inner, inner] }));
  return sch.trace;
}

/** Draws until there is nothing new. */
function drawAll(round: RoundContext): Individual[] {
  const known = createProgramSet();
  const rng = createRng(1);
  const drawn: Individual[] = [];
  for (let next = round.draw(known, rng); next !== null; next = round.draw(known, rng)) drawn.push(next);
  return drawn;
}

describe('a round', () => {
  it('draws every program of the space once, but not the program as it is', () => {
    const drawn = drawAll(openRound());
    expect(drawn).toHaveLength(2);
    for (const { program, origin } of drawn) {
      expect(program.hash).not.toBe(programOf(func).hash);
      expect(origin).toEqual(NO_ORIGIN);
    }
  });

  it('counts what it tries: each draw is a candidate or a duplicate', () => {
    const round = openRound();
    const drawn = drawAll(round);
    round.countDuplicate();
    const { generated, rejected } = round.plan([], { exhausted: true });
    expect(rejected).toEqual({ duplicate: generated - drawn.length + 1 });
    expect(generated).toBeGreaterThan(failuresUntilExhausted(2));
  });

  it('makes candidates of traces, and counts those that it cannot make', () => {
    const refuseOne = (sch: Schedule): boolean => String([...sch.trace.decisions.values()]) !== '4,2';
    const space = { ...plainSpace(tileColumns), postprocs: { 'not-two': refuseOne } };
    const round = openRound(FIRST, space);
    const made = round.make(tiled(4), { parent: 7, mutations: ['x'] }, createRng(0));
    expect(made).toMatchObject({ origin: { parent: 7, mutations: ['x'] } });
    expect(round.make(tiled(2), NO_ORIGIN, createRng(0))).toBeNull();
    expect(round.plan([])).toMatchObject({ generated: 2, rejected: { 'postproc:not-two': 1 } });
  });

  it('gives up after as many failures as it is told, and at once when there are no designs', () => {
    const nothing = openRound(
      FIRST,
      plainSpace(() => {}),
    );
    expect(nothing.draw(createProgramSet(), createRng(0), 7)).toBeNull();
    expect(nothing.plan([], { exhausted: true })).toMatchObject({ generated: 7, rejected: { duplicate: 7 } });
    const empty = openRound(FIRST, { ...plainSpace(tileColumns), generate: () => [] });
    expect(empty.draw(createProgramSet(), createRng(0))).toBeNull();
    expect(empty.plan([], { exhausted: true })).toMatchObject({ generated: 0, rejected: {} });
  });

  it('plans what was picked, with its origin and score', () => {
    const round = openRound();
    const picks = drawAll(round).map((individual, i) => [individual, i === 0 ? 0.5 : null] as const);
    const { proposals, exhausted } = round.plan(picks);
    expect(exhausted).toBe(false);
    expect(proposals.map(({ predicted }) => predicted)).toEqual([0.5, null]);
    expect(proposals.map(({ programHash }) => programHash)).toEqual(
      picks.map(([{ program }]) => program.hash),
    );
    expect(new Set(proposals.map(({ traceHash }) => traceHash)).size).toBe(2);
  });
});

describe('the history', () => {
  const first = openRound();
  const history = asHistory([], first.plan(drawAll(first).map((drawn) => [drawn, null] as const)).proposals);

  it('is known: none of its programs is drawn again', () => {
    expect(history).toHaveLength(2);
    expect(drawAll(openRound({ round: 1, firstTrial: 2, size: 8, spent: 0, history, model: null }))).toEqual(
      [],
    );
  });

  it('gives its trials as individuals that mutations may start from', () => {
    const past = openRound({ round: 1, firstTrial: 2, size: 8, spent: 0, history, model: null }).past();
    expect(past.map(({ trial }) => trial)).toEqual(history);
    for (const { trial, individual } of past) {
      expect(individual.program.hash).toBe(trial.programHash);
      expect(individual.origin).toEqual({ parent: trial.trial, mutations: [] });
    }
  });

  it('is left out where a trace no longer replays, and does not come in its way', () => {
    const [broken, whole] = history;
    if (broken === undefined || whole === undefined) expect.fail('two trials');
    const stale: PastTrial = { ...broken, traceHash: 'another', trace: NO_SUCH_BLOCK };
    const round = openRound({
      round: 1,
      firstTrial: 2,
      size: 8,
      spent: 0,
      history: [stale, whole],
      model: null,
    });
    expect(round.past().map(({ trial }) => trial)).toEqual([whole]);
    expect(drawAll(round).map(({ program }) => program.hash)).toEqual([broken.programHash]);
  });
});

describe('patience', () => {
  it('grows with the programs that are known, so that the last one is hardly ever missed', () => {
    expect(failuresUntilExhausted(0)).toBe(100);
    for (const programs of [5, 24, 100, 1000]) {
      const missed = (programs / (programs + 1)) ** failuresUntilExhausted(programs);
      expect(missed).toBeLessThan(1e-4);
    }
  });
});
