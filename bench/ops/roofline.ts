/** @file What a row could take at best on this machine, and what all rows together say. Pure. */
import type { Ceilings } from '../ceilings.js';
import type { Row } from './suite.js';

export type OpsTarget = 'wasm-simd128' | 'wasm-relaxed-simd';

/** The part of the machine's best that a time in milliseconds is: of arithmetic or of moving data, whichever binds. */
export function ofCeiling(
  { flops, bytes }: Pick<Row, 'flops' | 'bytes'>,
  ms: number,
  target: OpsTarget,
  { mulAdd, relaxedMadd, copy }: Ceilings,
): number {
  const rate = target === 'wasm-relaxed-simd' ? (relaxedMadd ?? mulAdd) : mulAdd;
  // A copy reads and writes each of its bytes.
  const bestMs = Math.max(flops / rate, bytes / (2 * copy)) / 1e6;
  return bestMs / ms;
}

export interface OpsRow {
  readonly name: string;
  /** Milliseconds, medians over the rounds. */
  readonly ours: number;
  readonly peers: Readonly<Record<string, number | null>>;
  /** Time of the better peer over ours. */
  readonly ratio: number;
  readonly ofCeiling: number;
  readonly trials: number;
  /** What the tune took. */
  readonly seconds: number;
  /** From the start of the tune until its best was faster than the better peer; null when it never was. */
  readonly secondsToBeat: number | null;
  /** Of the kernel's file. */
  readonly bytes: number;
  readonly minimum: Readonly<Record<string, number | null>>;
}

export interface OpsSummary {
  readonly geomean: number;
  readonly worst: number;
  /** The median; a row that never beats the peer counts as infinite. */
  readonly secondsToBeat: number | null;
}

export function summarizeOps(rows: readonly OpsRow[]): OpsSummary {
  const ratios = rows.map(({ ratio }) => ratio);
  const seconds = rows.map((row) => row.secondsToBeat ?? Infinity).toSorted((a, b) => a - b);
  const middle = seconds[Math.floor((seconds.length - 1) / 2)] ?? Infinity;
  return {
    geomean: Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length),
    worst: Math.min(...ratios),
    secondsToBeat: Number.isFinite(middle) ? middle : null,
  };
}

/** The greatest difference, as part of the greatest value. */
export function relativeError(values: readonly number[], wanted: readonly number[]): number {
  if (values.length !== wanted.length) return Infinity;
  let [error, scale] = [0, 1e-30];
  wanted.forEach((value, i) => {
    error = Math.max(error, Math.abs(value - (values[i] ?? Number.NaN)));
    scale = Math.max(scale, Math.abs(value));
  });
  return error / scale;
}
