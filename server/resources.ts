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
    createdAt: isoTime(candidate.createdAt),
  };
}

function measuredResource(candidate: MeasuredRecord): MeasuredCandidate {
  return { ...commonOf(candidate), ...candidate.outcome, final: candidate.final };
}

export function candidateResource(candidate: CandidateRecord): Candidate {
  const { outcome } = candidate;
  return outcome.status === 'measured'
    ? measuredResource({ ...candidate, outcome })
    : { ...commonOf(candidate), ...outcome };
}

/** @param script the scheduled program */
export function bestResource(tune: TuneRecord, candidate: MeasuredRecord, script: string): Best {
  const { links, workload, target } = tuneSummary(tune);
  const bestNs = tune.task.bestNs ?? candidate.outcome.medianNs;
  const speed = speedOf({ ...tune, task: { ...tune.task, bestNs } });
  return {
    workload,
    target,
    candidate: measuredResource(candidate),
    bestMs: bestNs / NS_PER_MS,
    baselineMs: speed.baselineMs,
    speedup: speed.speedup,
    gflops: tune.task.flops / bestNs,
    script,
    links: { tune: links.self, wasm: links.wasm, mjs: links.mjs, dts: links.dts },
  };
}
