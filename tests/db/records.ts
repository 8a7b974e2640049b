/** @file Things to put into a database. Loads without vitest, for processes that tests start. */
import { budgetOf } from '../../shared/protocol/budget.js';
import { BASELINE_TRIAL, NO_ORIGIN } from '../../db/candidate-record.js';
import type { Database } from '../../db/open.js';
import type { TrialResult } from '../../db/outcomes.js';
import type { TuneOrder, TuneRecord } from '../../db/tune-record.js';
import { addTune } from '../../db/tunes.js';
import type { Program } from '../../db/workloads.js';
import {
  EMPTY_TRACE,
  failed,
  type EngineFingerprint,
  type FailureCode,
  type Measured,
} from '../../shared/protocol/measure.js';
import { SEARCH_DEFAULTS } from '../../shared/protocol/search-options.js';
import { parseScript } from '../../shared/script/parse.js';
import { printScript } from '../../shared/script/print.js';
import { at } from '../../shared/support/errors.js';

/** `B = A + addend` over `n` floats; names do not matter to what it is. */
export function program(n = 8, { addend = 1, name = 'add', input = 'A' } = {}): Program {
  const text = `
from tvm.script import tir as T

@T.prim_func
def ${name}(${input}: T.Buffer((${n},), "float32"), B: T.Buffer((${n},), "float32")):
    for i in range(${n}):
        with T.block("body"):
            v = T.axis.spatial(${n}, i)
            B[v] = ${input}[v] + T.float32(${addend})
`;
  const func = at(parseScript(text).functions, 0);
  return { func, script: printScript(func), flops: n };
}

export const ORDER: TuneOrder = {
  target: 'wasm-simd128',
  budget: budgetOf({ trials: 64, perTask: {} }, 1),
  seed: 0,
  strategy: 'replay-trace',
  space: 'default',
  search: SEARCH_DEFAULTS,
  priority: 0,
  labels: {},
};

/** Ids as the service makes them: later ones are greater. */
export function tuneId(n: number): string {
  return `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

interface TuneOptions {
  readonly id?: number;
  readonly order?: Partial<TuneOrder>;
  readonly program?: Program;
  /** Instead of one. */
  readonly programs?: readonly Program[];
  readonly workloadSpec?: string;
  readonly at?: number;
}

export function queueTune(db: Database, options: TuneOptions = {}): TuneRecord {
  return addTune(db, {
    id: tuneId(options.id ?? 1),
    order: { ...ORDER, ...options.order },
    tasks: (options.programs ?? [options.program ?? program()]).map((added) => ({
      program: added,
      workloadSpec: options.workloadSpec ?? null,
      weight: 1,
    })),
    at: options.at ?? 1000,
  });
}

export function engine(id = 'engine-1'): EngineFingerprint {
  return {
    engine: 'node',
    version: '20.20.2',
    v8: '11.3',
    flags: ['--no-liftoff'],
    cpu: 'a cpu',
    cores: 2,
    arch: 'x64',
    id,
  };
}

export function measured(medianNs: number, engineId?: string): Measured {
  return {
    status: 'measured',
    medianNs,
    samplesNs: [medianNs, medianNs * 1.5],
    spread: 0.25,
    batch: 10,
    anchorNs: 2.5,
    compileMs: 1.5,
    checkMs: 2.5,
    wasmBytes: 400,
    maxError: 0,
    exact: true,
    engine: engine(engineId),
  };
}

/** The result of a trial: a time, or why there is none. */
export function result(
  taskId: number,
  trial: number,
  outcome: number | FailureCode | Measured,
  at_ = 2000 + trial,
): TrialResult {
  return {
    taskId,
    trial,
    round: Math.max(0, trial) >> 2,
    trace: EMPTY_TRACE,
    traceHash: `trace-${trial}`,
    programHash: trial === BASELINE_TRIAL ? null : `program-${trial}`,
    origin: NO_ORIGIN,
    predicted: null,
    outcome: outcomeOf(outcome, trial),
    at: at_,
  };
}

function outcomeOf(outcome: number | FailureCode | Measured, trial: number) {
  if (typeof outcome === 'number') return measured(outcome);
  return typeof outcome === 'string' ? failed(outcome, `trial ${trial} failed`) : outcome;
}
