/**
 * @file What the finals of a task decide. Pure. The finalists ran against the baseline in rounds, each once per round, so
 * that what slowed the machine down for a round slowed all of them: the ratio within a round is free of it, where the ratio
 * of two medians is not. Speed-ups are medians of these ratios, and the highest one wins.
 */
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import type { FinalTimes } from '../../shared/protocol/candidate.js';
import type { RaceOutcome, TraceJson } from '../../shared/protocol/measure.js';
import { at } from '../../shared/support/errors.js';
import { median, medianInterval } from '../../shared/support/statistics.js';

export interface Finalist {
  /** `null` is the baseline. */
  readonly trial: number | null;
  readonly trace: TraceJson;
}

export interface Finals {
  /** By trial, as far as they ran. */
  readonly times: ReadonlyMap<number, FinalTimes>;
  /** `ns`: its time on a machine as fast as when the baseline's median was taken, so that both give its speed-up. */
  readonly winner: { readonly trial: number; readonly ns: number };
}

/** @returns null when nothing ran: the times of the search stand */
export function decideFinals(finalists: readonly Finalist[], outcome: RaceOutcome): Finals | null {
  if (outcome.status === 'failed') return null;
  const raced = finalists.flatMap(({ trial }, i) => {
    const entry = outcome.entries[i];
    return entry?.status === 'measured' ? [{ trial: trial ?? BASELINE_TRIAL, entry }] : [];
  });
  const baseline = raced.find(({ trial }) => trial === BASELINE_TRIAL)?.entry;
  const times = raced.map(({ trial, entry }): readonly [number, FinalTimes] => {
    const { medianNs, samplesNs, spread } = entry;
    const ratios = baseline === undefined ? null : ratiosOf(baseline.samplesNs, samplesNs);
    const compared = ratios !== null && trial !== BASELINE_TRIAL;
    return [
      trial,
      {
        medianNs,
        samplesNs,
        spread,
        speedup: compared ? median(ratios) : null,
        speedupInterval: compared ? medianInterval(ratios) : null,
      },
    ];
  });
  const nsOf = ({ medianNs, speedup }: FinalTimes): number =>
    baseline === undefined || speedup === null ? medianNs : baseline.medianNs / speedup;
  const pace = paceOf(raced.map(({ entry }) => entry).toReversed());
  if (pace === null) return null;
  const relative = ({ samplesNs }: FinalTimes): number => 1 / median(ratiosOf(pace, samplesNs));
  const [first] = times.toSorted(([, a], [, b]) => relative(a) - relative(b));
  if (first === undefined) return null;
  return { times: new Map(times), winner: { trial: first[0], ns: nsOf(first[1]) } };
}

/**
 * The samples that all others are compared with, round by round: those of the first with the most of them. A baseline that
 * is slow leaves the race early, and then a candidate sets the pace.
 */
function paceOf(entries: readonly { readonly samplesNs: readonly number[] }[]): readonly number[] | null {
  const [first] = entries.toSorted((a, b) => b.samplesNs.length - a.samplesNs.length);
  return first?.samplesNs ?? null;
}

/** Sample n of each was taken in round n. */
function ratiosOf(paceNs: readonly number[], otherNs: readonly number[]): number[] {
  const rounds = Math.min(paceNs.length, otherNs.length);
  return Array.from({ length: rounds }, (_, n) => at(paceNs, n) / at(otherNs, n));
}
