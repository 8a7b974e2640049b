/** @file From records to resources: units, links, and what follows from what is stored. */
import { BASELINE_TRIAL, type CandidateRecord, type MeasuredRecord } from '../db/candidate-record.js';
import type { TuneRecord } from '../db/tune-record.js';
import type { Best, Candidate, MeasuredCandidate } from '../shared/protocol/candidate.js';
import type { Tune, TuneSummary } from '../shared/protocol/tune.js';

const NS_PER_MS = 1e6;

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export function tunePath(id: string): string {
  return `/v1/tunes/${id}`;
}

export function tuneResource(tune: TuneRecord): Tune {
  return { ...tuneSummary(tune), script: tune.task.script };
}

export function tuneSummary(tune: TuneRecord): TuneSummary {
  const { task } = tune;
  const self = tunePath(tune.id);
  return {
    id: tune.id,
    status: tune.status,
    workload: tune.workloadSpec,
    target: tune.target,
    budget: tune.budget,
    seed: tune.seed,
    strategy: tune.strategy,
    space: tune.space,
    search: tune.search,
    priority: tune.priority,
    labels: tune.labels,
    createdAt: isoTime(tune.createdAt),
    startedAt: tune.startedAt === null ? null : isoTime(tune.startedAt),
    finishedAt: tune.finishedAt === null ? null : isoTime(tune.finishedAt),
    trials: {
      done: task.measured + task.failed,
      measured: task.measured,
      failed: task.failed,
      budget: tune.budget.trials,
    },
    failures: task.failures,
    ...speedOf(tune),
    error: tune.error,
    links: {
      self,
      candidates: `${self}/candidates`,
      best: `${self}/best`,
      wasm: `${self}/best.wasm`,
      mjs: `${self}/best.mjs`,
      dts: `${self}/best.d.ts`,
      cancel: `${self}/cancel`,
    },
    version: tune.version,
  };
}

function speedOf({ task }: TuneRecord): Pick<Tune, 'baselineMs' | 'bestMs' | 'speedup' | 'gflops'> {
  const { baselineNs, bestNs, flops } = task;
  return {
    baselineMs: baselineNs === null ? null : baselineNs / NS_PER_MS,
    bestMs: bestNs === null ? null : bestNs / NS_PER_MS,
    speedup: baselineNs === null || bestNs === null ? null : baselineNs / bestNs,
    // Operations per nanosecond are 10^9 operations per second.
    gflops: bestNs === null ? null : flops / bestNs,
  };
}

function commonOf(candidate: CandidateRecord) {
  const baseline = candidate.trial === BASELINE_TRIAL;
  return {
    trial: baseline ? null : candidate.trial,
    baseline,
    round: candidate.round,
    trace: candidate.trace,
    parent: candidate.origin.parent,
    mutations: [...candidate.origin.mutations],
    predicted: candidate.predicted,
    createdAt: isoTime(candidate.createdAt),
  };
}

/** A machine whose anchor takes this much longer or shorter is not the same machine any more. */
const DRIFT = 0.1;

function measuredResource(
  candidate: MeasuredRecord,
  baseline: MeasuredRecord | undefined,
): MeasuredCandidate {
  const { outcome, final } = candidate;
  const ratio = outcome.anchorNs / (baseline ?? candidate).outcome.anchorNs;
  return {
    ...commonOf(candidate),
    ...outcome,
    drifted: Math.abs(Math.log(ratio)) > Math.log(1 + DRIFT),
    final,
  };
}

/** @param baseline of the same task, if it was measured */
export function candidateResource(
  candidate: CandidateRecord,
  baseline: MeasuredRecord | undefined,
): Candidate {
  const { outcome } = candidate;
  return outcome.status === 'measured'
    ? measuredResource({ ...candidate, outcome }, baseline)
    : { ...commonOf(candidate), ...outcome };
}

export interface BestParts {
  readonly candidate: MeasuredRecord;
  readonly baseline: MeasuredRecord | undefined;
  /** The scheduled program. */
  readonly script: string;
}

export function bestResource(tune: TuneRecord, { candidate, baseline, script }: BestParts): Best {
  const { links, workload, target } = tuneSummary(tune);
  const bestNs = tune.task.bestNs ?? candidate.outcome.medianNs;
  const speed = speedOf({ ...tune, task: { ...tune.task, bestNs } });
  return {
    workload,
    target,
    candidate: measuredResource(candidate, baseline),
    bestMs: bestNs / NS_PER_MS,
    baselineMs: speed.baselineMs,
    speedup: speed.speedup,
    gflops: tune.task.flops / bestNs,
    script,
    links: { tune: links.self, wasm: links.wasm, mjs: links.mjs, dts: links.dts },
  };
}
