/**
 * @file Races of a kernel against itself, on a machine that drifts: what a tune says at its end about speed-ups must not
 * see differences where there are none. Everything but the clock is the product's: the race, the tuner, the statistics.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { IN_MEMORY, openDatabase, type Database } from '../../../db/open.js';
import { spaceOf } from '../../../server/tuning/space.js';
import { tuneOverSpace } from '../../../server/tuning/tune-over-space.js';
import type { RaceOutcome, RaceRequest } from '../../../shared/protocol/measure.js';
import { SearchOptionsSchema } from '../../../shared/protocol/search-options.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { createRng, type Rng } from '../../../shared/support/rng.js';
import { race } from '../../../worker/measure/race.js';
import { engine, measured } from '../../db/records.js';
import { matmul } from '../../shared/schedule/programs.js';
import { fakeQueue, isBaseline } from './fake-queue.js';
import { candidatesOf, taskOf } from './whole-tune.js';

const FINALISTS = 4;
const TUNES = 250;
/** Every finalist of every tune is compared with the baseline. */
const CASES = TUNES * FINALISTS;

const MS = 1e6;
/** Nanoseconds per run. */
const COST = 50_000;
/** Standard deviations of the logarithms: of a round, and of a sample. */
const DRIFT = 0.1;
const JITTER = 0.03;

/** By Box and Muller. */
function drawNormal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.nextFloat())) * Math.cos(2 * Math.PI * rng.nextFloat());
}

/** A race on a machine that is as fast as it is in a round; `speedup`: of every candidate over the baseline. */
function raceInNoise({ traces, rounds = 20 }: RaceRequest, rng: Rng, speedup: number): RaceOutcome {
  let time = 0;
  let turn = 0;
  let slowness = 1;
  const subjects = traces.map((trace) => (runs: number) => {
    const cost = isBaseline(trace) ? COST * speedup : COST;
    time += runs * cost * slowness * Math.exp(JITTER * drawNormal(rng));
  });
  const timings = race(
    subjects,
    { rounds, minSampleNs: 10 * MS, allowanceNs: Infinity },
    {
      now: () => time,
      nextInt: rng.nextInt,
      onTurn: () => {
        if (turn++ % traces.length === 0) slowness = Math.exp(DRIFT * drawNormal(rng));
      },
    },
  );
  return {
    status: 'raced',
    entries: timings.map((timing) => ({ status: 'measured', ...timing })),
    engine: engine(),
  };
}

const SEARCH = SearchOptionsSchema.parse({ warmStart: false });

/** A space of four programs. */
function tileColumns(sch: Schedule): void {
  const [, j] = sch.getLoops('C', 3);
  sch.parallel(sch.getLoops('C', 3)[0]);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
}

type Interval = readonly [low: number, high: number];

interface Claims {
  /** Of each finalist's speed-up over the baseline. */
  readonly intervals: readonly Interval[];
  /** Of the winner's; null when that is the baseline. */
  readonly winner: Interval | null;
  /** What the tune reports as its speed-up: the baseline's time by the best one. */
  readonly speedup: number;
}

/** What a tune says at its end. */
async function claimsOf(db: Database, rng: Rng, speedup: number): Promise<Claims> {
  const queue = fakeQueue({
    measure: () => measured(COST),
    race: (request) => raceInNoise(request, rng, speedup),
  });
  const tune = await tuneOverSpace({
    func: matmul(4, 16, 4),
    space: spaceOf(tileColumns),
    strategy: 'replay-trace',
    search: SEARCH,
    db,
    queue,
  });
  const candidates = candidatesOf(db, tune.id);
  const intervals = candidates.flatMap(({ final }) =>
    final?.speedupInterval ? [final.speedupInterval] : [],
  );
  const { bestTrial, bestNs, baselineNs } = taskOf(tune);
  const best = candidates.find(({ trial }) => trial === bestTrial);
  return {
    intervals,
    winner: best?.final?.speedupInterval ?? null,
    speedup: (baselineNs ?? NaN) / (bestNs ?? NaN),
  };
}

async function hold(seed: number, speedup: number, tunes: number): Promise<Claims[]> {
  const rng = createRng(seed);
  const db = openDatabase(IN_MEMORY);
  const claims: Claims[] = [];
  for (let n = 0; n < tunes; n++) claims.push(await claimsOf(db, rng.fork(`tune ${n}`), speedup));
  db.close();
  return claims;
}

/** Whether an interval says that one is more than `ratio` times as fast as the other. */
const claims =
  (ratio: number) =>
  ([low, high]: Interval): boolean =>
    low > ratio || high < 1 / ratio;

describe(`in ${CASES} races of a kernel against itself`, () => {
  let said: Claims[];
  beforeAll(async () => {
    said = await hold(1, 1, TUNES);
  }, 60_000);

  it('a difference is seen in one of twenty at most, and hardly ever one of 3 %', () => {
    const intervals = said.flatMap((tune) => tune.intervals);
    expect(intervals).toHaveLength(CASES);
    expect(intervals.filter(claims(1)).length).toBeLessThanOrEqual(0.05 * CASES);
    expect(intervals.filter(claims(1.03)).length).toBeLessThanOrEqual(0.005 * CASES);
  });

  it('nor does the winner of four claim more, though it was chosen for its times', () => {
    const winners = said.flatMap(({ winner }) => (winner === null ? [] : [winner]));
    expect(winners.length).toBeGreaterThan(TUNES / 2);
    expect(winners.filter(claims(1)).length).toBeLessThanOrEqual(0.05 * TUNES);
  });

  it('nor does a tune report more than 3 % in more than one of twenty', () => {
    const reported = said.map(({ speedup }) => speedup);
    expect(reported.every((speedup) => speedup >= 1)).toBe(true);
    expect(reported.filter((speedup) => speedup > 1.03).length).toBeLessThanOrEqual(0.05 * TUNES);
  });
});

it('a kernel that is 10 % faster is seen to be, by as much', async () => {
  const intervals = (await hold(2, 1.1, 40)).flatMap((tune) => tune.intervals);
  expect(intervals).toHaveLength(40 * FINALISTS);
  expect(intervals.filter(([low]) => low > 1).length).toBeGreaterThanOrEqual(0.95 * intervals.length);
  const covered = intervals.filter(([low, high]) => low <= 1.1 && high >= 1.1);
  expect(covered.length).toBeGreaterThanOrEqual(0.95 * intervals.length);
});
