/** @file The tasks of a tune as a table, with the columns that TVM's task scheduler prints. */
import type { Tune } from '../../shared/protocol/tune.js';

const HEADER = [
  'ID',
  'Name',
  'FLOP',
  'Weight',
  'Speed (GFLOPS)',
  'Latency (us)',
  'Weighted Latency (us)',
  'Trials',
  'Done',
];
/** Columns that read from the left. */
const TEXTS = new Set(['Name', 'Done']);

const UNKNOWN = 'N/A';

/** A line each for the header and the tasks, and two for the sums. */
export function taskTable({ tasks, trials, bestMs }: Tune): string[] {
  const rows = tasks.map(({ name, flops, weight, gflops, bestMs: ms, trials: { done }, ...task }, id) => [
    String(id),
    name,
    String(flops),
    String(weight),
    gflops === null ? UNKNOWN : gflops.toFixed(4),
    micros(ms),
    micros(ms === null ? null : ms * weight),
    String(done),
    task.error === null ? (task.done ? 'Y' : '') : task.error.code,
  ]);
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return TEXTS.has(HEADER[column] ?? '') ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')
      .trimEnd();
  return [
    line(HEADER),
    ...rows.map(line),
    `Total trials: ${trials.done}`,
    `Total latency (us): ${bestMs === null ? UNKNOWN : micros(bestMs)}`,
  ];
}

function micros(ms: number | null): string {
  return ms === null ? UNKNOWN : (ms * 1000).toFixed(4);
}
