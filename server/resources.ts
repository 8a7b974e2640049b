/** @file From records to resources: units, links, and what follows from what is stored. */
import { BASELINE_TRIAL, type CandidateRecord, type MeasuredRecord } from '../db/candidate-record.js';
import type { PredictedTrial } from '../db/candidates.js';
import type { RoundRecord } from '../db/rounds.js';
import type { TaskRecord, TuneRecord } from '../db/tune-record.js';
import type { Best, Candidate, MeasuredCandidate } from '../shared/protocol/candidate.js';
import { FAILURE_CODES } from '../shared/protocol/measure.js';
import type { Round } from '../shared/protocol/round.js';
import type { Task, TaskSummary, Tune, TuneSummary } from '../shared/protocol/tune.js';
import { sum } from '../shared/support/statistics.js';
import { modelQuality } from './cost-model/quality.js';

const NS_PER_MS = 1e6;

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export function tunePath(id: string): string {
  return `/v1/tunes/${id}`;
}

export function tuneResource(tune: TuneRecord): Tune {
  const tasks = tune.tasks.map((task): Task => ({ ...taskSummary(tune, task), script: task.script }));
  return { ...commonOfTune(tune), tasks };
}

/** Without the scripts, which are long. */
export function tuneSummary(tune: TuneRecord): TuneSummary {
  return { ...commonOfTune(tune), tasks: tune.tasks.map((task) => taskSummary(tune, task)) };
}

function commonOfTune(tune: TuneRecord): Omit<TuneSummary, 'tasks'> {
  const { tasks, budget } = tune;
  const self = tunePath(tune.id);
  const measured = sum(tasks.map((task) => task.measured));
  const failed = sum(tasks.map((task) => task.failed));
  return {
    id: tune.id,
    status: tune.status,
    target: tune.target,
    budget,
    seed: tune.seed,
    strategy: tune.strategy,
    space: tune.space,
    search: tune.search,
    priority: tune.priority,
    labels: tune.labels,
    createdAt: isoTime(tune.createdAt),
    startedAt: tune.startedAt === null ? null : isoTime(tune.startedAt),
    finishedAt: tune.finishedAt === null ? null : isoTime(tune.finishedAt),
    trials: { done: measured + failed, measured, failed, budget: budget.trials },
    failures: sumByCode(tasks),
    ...speedOfAll(tasks),
    error: tune.error,
    links: { self, cancel: `${self}/cancel` },
    version: tune.version,
  };
}

function taskSummary({ id, budget }: TuneRecord, task: TaskRecord): TaskSummary {
  const { name, workloadSpec, weight, flops, measured, failed, failures, done, error } = task;
  return {
    name,
    workload: workloadSpec,
    weight,
    flops,
    trials: { done: measured + failed, measured, failed, budget: budget.perTask.trials },
    failures,
    ...speedOf(task),
    done,
    error,
    links: taskLinks(id, task),
  };
}

/** The first task is meant where a request names none. */
function taskLinks(id: string, { position }: TaskRecord): TaskSummary['links'] {
  const self = tunePath(id);
  const query = position === 0 ? '' : `?task=${position}`;
  return {
    candidates: `${self}/candidates${query}`,
    rounds: `${self}/rounds${query}`,
    model: `${self}/model${query}`,
    best: `${self}/best${query}`,
    wasm: `${self}/best.wasm${query}`,
    mjs: `${self}/best.mjs${query}`,
    dts: `${self}/best.d.ts${query}`,
  };
}

interface Latency {
  readonly baselineNs: number | null;
  readonly bestNs: number | null;
  readonly flops: number;
}

function speedOf({
  baselineNs,
  bestNs,
  flops,
}: Latency): Pick<Tune, 'baselineMs' | 'bestMs' | 'speedup' | 'gflops'> {
  return {
    baselineMs: baselineNs === null ? null : baselineNs / NS_PER_MS,
    bestMs: bestNs === null ? null : bestNs / NS_PER_MS,
    speedup: baselineNs === null || bestNs === null ? null : baselineNs / bestNs,
    // Operations per nanosecond are 10^9 operations per second.
    gflops: bestNs === null ? null : flops / bestNs,
  };
}

/** What all of it takes, each task as often as its weight says; unknown as long as one task's time is. */
function speedOfAll(tasks: readonly TaskRecord[]): ReturnType<typeof speedOf> {
  const counted = tasks.filter(({ error, baselineNs }) => error === null || baselineNs !== null);
  const total = (of: (task: TaskRecord) => number | null): number | null => {
    const values = counted.map((task) => [of(task), task.weight] as const);
    if (values.length === 0 || values.some(([value]) => value === null)) return null;
    return sum(values.map(([value, weight]) => (value ?? 0) * weight));
  };
  return speedOf({
    baselineNs: total(({ baselineNs }) => baselineNs),
    bestNs: total(({ bestNs }) => bestNs),
    flops: total(({ flops }) => flops) ?? 0,
  });
}

function sumByCode(tasks: readonly TaskRecord[]): TaskRecord['failures'] {
  const codes = FAILURE_CODES.map(
    (code) => [code, sum(tasks.map(({ failures }) => failures[code] ?? 0))] as const,
  );
  return Object.fromEntries(codes.filter(([, count]) => count > 0));
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
  const { anchorNs } = (baseline ?? candidate).outcome;
  const ratio = outcome.anchorNs === null || anchorNs === null ? 1 : outcome.anchorNs / anchorNs;
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
  readonly task: TaskRecord;
  readonly candidate: MeasuredRecord;
  readonly baseline: MeasuredRecord | undefined;
  /** The scheduled program. */
  readonly script: string;
}

export function bestResource(tune: TuneRecord, { task, candidate, baseline, script }: BestParts): Best {
  const bestNs = task.bestNs ?? candidate.outcome.medianNs;
  const { wasm, mjs, dts } = taskLinks(tune.id, task);
  return {
    workload: task.workloadSpec,
    target: tune.target,
    candidate: measuredResource(candidate, baseline),
    ...speedOf({ ...task, bestNs }),
    bestMs: bestNs / NS_PER_MS,
    gflops: task.flops / bestNs,
    script,
    links: { tune: tunePath(tune.id), wasm, mjs, dts },
  };
}

/** @param trials of the round that were measured */
export function roundResource(
  { createdAt, ...record }: RoundRecord,
  trials: readonly PredictedTrial[],
): Round {
  const known = trials.flatMap(({ predicted, latencyNs }) =>
    predicted === null ? [] : [[predicted, latencyNs] as const],
  );
  const bestNs = trials.reduce((least, { latencyNs }) => Math.min(least, latencyNs), Infinity);
  return {
    ...record,
    bestMs: Number.isFinite(bestNs) ? bestNs / NS_PER_MS : null,
    model: modelQuality(
      known.map(([predicted]) => predicted),
      known.map(([, latencyNs]) => latencyNs),
    ),
    createdAt: isoTime(createdAt),
  };
}
