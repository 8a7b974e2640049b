/** @file What tests of schedules check again and again: equal programs, equal results, traces that replay. */
import { expect } from 'vitest';
import { byteSizeOf, elementsOf, type Buffer } from '../../../shared/ir/buffer.js';
import { interpret, typedArrayFor } from '../../../shared/ir/interpret.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import type { For, Stmt } from '../../../shared/ir/stmt.js';
import { constInt } from '../../../shared/ir/build.js';
import { ScheduleError, type ScheduleErrorCode } from '../../../shared/schedule/errors.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson, traceToJson } from '../../../shared/schedule/trace.js';
import { printScript } from '../../../shared/script/print.js';
import { createRng } from '../../../shared/support/rng.js';

/** Programs must be equal up to names; a difference shows as text. */
export function expectSameProgram(actual: PrimFunc, expected: PrimFunc): void {
  if (structuralEqual(actual, expected)) return;
  expect(printScript(actual)).toBe(printScript(expected));
  throw new Error(`the programs print alike, but differ:\n${printScript(actual)}`);
}

function filled(b: Buffer, seed: number): ReturnType<typeof typedArrayFor> {
  const array = typedArrayFor(b.dtype, elementsOf(b));
  const rng = createRng(seed).fork(b.name);
  for (let i = 0; i < array.length; i++) {
    const value = rng.nextInt(9) - 4;
    if (array instanceof BigInt64Array) array[i] = BigInt(value);
    else array[i] = value;
  }
  return array;
}

/** The contents of all parameters after a run on small integers. */
export function resultsOf(func: PrimFunc, seed = 0): Uint8Array[] {
  const args = func.params.map((param) => filled(param, seed));
  interpret(func, args);
  return args.map((array, i) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const param = func.params[i];
    expect(bytes.length).toBe(param === undefined ? 0 : byteSizeOf(param));
    return bytes;
  });
}

/** The schedule computes, bit by bit, what the original does. */
export function expectSameResults(original: PrimFunc, scheduled: PrimFunc): void {
  expect(resultsOf(scheduled)).toEqual(resultsOf(original));
}

/** The schedule computes what the original does, up to the rounding of float32 sums in another order. */
export function expectCloseResults(original: PrimFunc, scheduled: PrimFunc): void {
  const wanted = resultsOf(original).map((bytes) => new Float32Array(bytes.buffer));
  for (const [i, bytes] of resultsOf(scheduled).entries()) {
    for (const [n, value] of new Float32Array(bytes.buffer).entries()) {
      const want = wanted[i]?.[n] ?? Number.NaN;
      expect(Math.abs(value - want)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)));
    }
  }
}

/** The trace replays to the same program, directly and through JSON, and JSON survives a round trip. */
export function expectTraceRoundTrip(original: PrimFunc, sch: Schedule): void {
  const { trace } = sch;
  expectSameProgram(applyTrace(original, trace).func, sch.func);
  const json = traceToJson(trace);
  const text = JSON.stringify(json);
  const reread = traceFromJson(JSON.parse(text));
  expect(JSON.stringify(traceToJson(reread))).toBe(text);
  const replayed = applyTrace(original, reread);
  expectSameProgram(replayed.func, sch.func);
  expect(traceToJson(replayed.trace)).toEqual(json);
}

/** Everything that must hold after a successful schedule. */
export function expectSound(original: PrimFunc, sch: Schedule): void {
  expectSameResults(original, sch.func);
  expectTraceRoundTrip(original, sch);
}

/** The step is refused with this code, and the schedule is left as it was. */
export function expectRefused(sch: Schedule, code: ScheduleErrorCode, step: () => unknown): ScheduleError {
  const [state, steps] = [sch.state, sch.trace.insts.length];
  let error: unknown = null;
  try {
    step();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof ScheduleError)) throw error ?? new Error(`not refused; ${code} was expected`);
  expect(error.code, error.message).toBe(code);
  expect(sch.state).toBe(state);
  expect(sch.trace.insts).toHaveLength(steps);
  return error;
}

/** The loops from the outermost on, as long as each is the only child: `i:128 j_0:16 parallel`. */
export function nestOf(func: PrimFunc): string[] {
  const nest: string[] = [];
  for (let s: Stmt = func.root.body; s.kind === 'For'; s = s.body) nest.push(loopText(s));
  return nest;
}

function loopText({ loopVar, extent, forKind, threadTag }: For): string {
  const kind = forKind === 'serial' ? '' : ` ${threadTag ?? forKind}`;
  return `${loopVar.name}:${constInt(extent) ?? '?'}${kind}`;
}
