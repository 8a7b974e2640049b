/** @file What `tilewright tune` says at its end: as text, or as one object of JSON. */
import type { Best } from '../../shared/protocol/candidate.js';
import type { Task, Tune } from '../../shared/protocol/tune.js';
import { traceFromJson, traceToText } from '../../shared/schedule/trace.js';
import { at } from '../../shared/support/errors.js';
import type { ArtifactPaths } from './artifact-files.js';
import { formatMs } from './progress.js';
import { taskTable } from './task-table.js';

/** A task that has a result. */
export interface TunedTask {
  readonly task: Task;
  readonly best: Best;
  readonly paths: ArtifactPaths;
}

export interface TuneReport {
  readonly tune: Tune;
  /** At least one. */
  readonly tuned: readonly TunedTask[];
  readonly seconds: number;
}

/** Scripts rely on the members: of one program those of the program, of several sums, with `tasks`. */
export function jsonReport({ tune, tuned, seconds }: TuneReport): object {
  const { target, trials, failures, baselineMs, bestMs, speedup, gflops } = tune;
  const totals = { target, trials: trials.done, failures, baselineMs, bestMs, speedup, gflops, seconds };
  const tasks = tuned.map(({ task, best, paths }) => ({
    best: { trace: best.candidate.trace, script: best.script, artifacts: paths },
    task,
  }));
  if (tune.tasks.length === 1) {
    const { task, best } = at(tasks, 0);
    return { workload: task.workload, ...totals, ...best };
  }
  return {
    ...totals,
    tasks: tasks.map(({ task, best }) => ({
      name: task.name,
      workload: task.workload,
      weight: task.weight,
      trials: task.trials.done,
      failures: task.failures,
      baselineMs: task.baselineMs,
      bestMs: task.bestMs,
      speedup: task.speedup,
      gflops: task.gflops,
      ...best,
    })),
  };
}

export function textReport(report: TuneReport): string {
  const { tune, tuned } = report;
  if (tune.tasks.length > 1) return tableReport(report);
  return taskReport(at(tuned, 0), report);
}

function taskReport({ task, best, paths }: TunedTask, { tune, seconds }: TuneReport): string {
  const rows = [
    ['workload', task.workload ?? 'script'],
    ['target', tune.target],
    ['trials', trialsText(tune, seconds)],
    ['baseline', task.baselineMs === null ? 'not measured' : formatMs(task.baselineMs)],
    ['best', `${formatMs(best.bestMs)}, ${best.gflops.toFixed(1)} GFLOP/s`],
    ['speed-up', speedupText(task.speedup, best)],
    ['kernel', `${best.candidate.wasmBytes} bytes: ${paths.wasm}, ${paths.mjs}, ${paths.dts}`],
  ];
  return `${traceToText(traceFromJson(best.candidate.trace))}\n\n${aligned(rows)}\n`;
}

function tableReport({ tune, tuned, seconds }: TuneReport): string {
  const rows = [
    ['target', tune.target],
    ['trials', trialsText(tune, seconds)],
    ['baseline', tune.baselineMs === null ? 'not measured' : formatMs(tune.baselineMs)],
    ['best', tune.bestMs === null ? 'not measured' : formatMs(tune.bestMs)],
    ['speed-up', tune.speedup === null ? 'unknown' : `${tune.speedup.toFixed(1)}x`],
    ...tuned.map(({ task, best, paths }) => [
      task.name,
      `${speedupText(task.speedup, best)}, ${best.candidate.wasmBytes} bytes: ${paths.wasm}`,
    ]),
  ];
  return `${taskTable(tune).join('\n')}\n\n${aligned(rows)}\n`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const width = Math.max(8, ...rows.map(([name]) => name?.length ?? 0)) + 2;
  return rows.map(([name, value]) => `${name?.padEnd(width)}${value}`).join('\n');
}

function trialsText({ trials, failures }: Tune, seconds: number): string {
  const failed = Object.entries(failures).map(([code, count]) => `${count} ${code}`);
  return `${trials.done} in ${seconds.toFixed(1)} s${failed.length === 0 ? '' : ` (failed: ${failed.join(', ')})`}`;
}

/** With the interval of the finals, if there were any. */
function speedupText(speedup: number | null, { candidate }: Best): string {
  if (speedup === null) return 'unknown';
  const interval = candidate.final?.speedupInterval?.map((bound) => `${bound.toFixed(1)}x`);
  return `${speedup.toFixed(1)}x${interval === undefined ? '' : ` (95 %: ${interval.join(' to ')})`}`;
}
