/**
 * @file What a measuring thread does: builds candidates, checks their results, times them. It keeps only what makes
 * the next candidate cheaper: the programs seen last, with their reference results, and the memory.
 */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { memoryOf, type CompiledKernel } from '../../shared/protocol/kernel.js';
import {
  failed,
  type ArtifactJob,
  type ArtifactOutcome,
  type EngineFingerprint,
  type Failed,
  type MeasureJob,
  type MeasureOutcome,
  type RaceEntry,
  type RaceJob,
  type RaceOutcome,
  type TraceJson,
} from '../../shared/protocol/measure.js';
import { TARGETS, type TargetId } from '../../shared/protocol/target.js';
import { ScheduleError } from '../../shared/schedule/errors.js';
import { roundsAnew } from '../../shared/schedule/rounding.js';
import { applyTrace, traceFromJson } from '../../shared/schedule/trace.js';
import { createRng } from '../../shared/support/rng.js';
import { at, InputError, lookup } from '../../shared/support/errors.js';
import { declarationsFor } from '../artifact/declarations.js';
import { loaderFor } from '../artifact/loader.js';
import { createAnchor } from './anchor.js';
import { CandidateError, failureOf, type Phase } from './failure.js';
import { createArena, instantiate, pagesFor, type Arena, type KernelInstance } from './instance.js';
import {
  checkResults,
  fillInputs,
  isRepeatable,
  parseProgram,
  prepareProgram,
  type Compile,
  type Program,
} from './program.js';
import { race } from './race.js';
import { timeKernel } from './timing.js';

export interface SessionOptions {
  readonly compile: Compile;
  readonly engine: EngineFingerprint;
  /** Monotonic clock, nanoseconds. */
  readonly now: () => number;
  /** Told of errors that mean a defect of ours. */
  readonly reportDefect: (error: unknown) => void;
}

/** Told what the session is busy with; each report begins a new time limit. */
export type ReportPhase = (phase: Phase) => void;

/** Every method answers; none throws for anything that a program or a trace can cause. */
export interface Session {
  readonly measure: (job: MeasureJob, report: ReportPhase) => MeasureOutcome;
  readonly race: (job: RaceJob, report: ReportPhase) => RaceOutcome;
  readonly artifact: (job: ArtifactJob, report: ReportPhase) => ArtifactOutcome;
}

const NS_PER_MS = 1e6;
/** Programs whose reference results are kept. */
const MAX_PROGRAMS = 4;
/** Part of the run's time limit that sampling may use up; the rest is for the checked run and the last sample. */
const SAMPLING_SHARE = 0.4;
/** ... and no more than this, however long the limit: a slow kernel is known well enough from a few samples. */
const SAMPLING_MS = 4000;
/** What the samples of one racer may take. */
const RACE_ALLOWANCE_MS = 10_000;

export function createSession(options: SessionOptions): Session {
  const context: Context = {
    ...options,
    arena: createArena(),
    programs: new Map(),
    timeAnchor: createAnchor(options),
  };
  return {
    measure: (job, report) => attempt(context, report, (run) => measure(context, job, run)),
    race: (job, report) => attempt(context, report, (run) => raceTraces(context, job, run)),
    artifact: (job, report) => attempt(context, report, (run) => buildArtifact(context, job, run)),
  };
}

interface Context extends SessionOptions {
  readonly arena: Arena;
  /** By script, least recently used first. */
  readonly programs: Map<string, Program>;
  readonly timeAnchor: () => number;
}

function attempt<T>(context: Context, report: ReportPhase, work: (enter: ReportPhase) => T): T | Failed {
  const progress: { phase: Phase } = { phase: 'build' };
  try {
    return work((phase) => {
      progress.phase = phase;
      report(phase);
    });
  } catch (error) {
    const { code, message } = failureOf(error, progress.phase, context.reportDefect);
    return failed(code, progress.phase === 'reference' ? `reference: ${message}` : message);
  }
}

function programOf(context: Context, script: string, enter: ReportPhase): Program {
  const { programs, compile, arena } = context;
  let program = programs.get(script);
  if (program === undefined) {
    enter('reference');
    program = prepareProgram(parseProgram(script), compile, arena);
  }
  programs.delete(script);
  programs.set(script, program);
  const [oldest] = programs.keys();
  if (programs.size > MAX_PROGRAMS && oldest !== undefined) programs.delete(oldest);
  return program;
}

interface BuildOptions {
  readonly target: TargetId;
  readonly bench: boolean;
}

/** @throws CandidateError `rejected` when the trace is malformed or does not apply. */
function replay(func: PrimFunc, trace: TraceJson): PrimFunc {
  try {
    return applyTrace(func, traceFromJson(trace)).func;
  } catch (error) {
    if (error instanceof ScheduleError || error instanceof InputError) {
      throw new CandidateError('rejected', error.message);
    }
    throw error;
  }
}

/** A candidate ready to be run. */
interface Built {
  readonly kernel: CompiledKernel;
  /** Whether it rounds in other ways than the program. */
  readonly roundsAnew: boolean;
}

/** @throws CandidateError, InputError. */
function build(context: Context, program: Program, trace: TraceJson, { target, bench }: BuildOptions): Built {
  const scheduled = replay(program.func, trace);
  const kernel = context.compile(scheduled, TARGETS[target], { bench });
  const { limits } = TARGETS[target];
  if (kernel.wasm.length > limits.maxModuleBytes) {
    throw new CandidateError(
      'build_error',
      `the module has ${kernel.wasm.length} bytes, ${limits.maxModuleBytes} are allowed`,
    );
  }
  const bytes = memoryOf(kernel.abi);
  if (bytes > limits.memoryBytes) {
    throw new CandidateError(
      'oom',
      `the kernel needs ${bytes} bytes of memory, ${limits.memoryBytes} are allowed`,
    );
  }
  return { kernel, roundsAnew: roundsAnew(scheduled) };
}

/** Runs the kernel once on the inputs. @returns the largest difference from the reference */
function checkOnce(program: Program, instance: KernelInstance, built: Built): number {
  fillInputs(program, instance);
  instance.prepare();
  instance.run();
  return checkResults(program, instance, built.roundsAnew);
}

function measure(context: Context, job: MeasureJob, enter: ReportPhase): MeasureOutcome {
  const { now, arena, engine } = context;
  const program = programOf(context, job.script, enter);
  enter('build');
  const start = now();
  const candidate = build(context, program, job.trace, { target: job.target, bench: true });
  const { kernel } = candidate;
  const instance = instantiate(kernel, arena.atLeast(pagesFor(kernel.abi)));
  const built = now();
  enter('run');
  const maxError = checkOnce(program, instance, candidate);
  const checked = now();
  const { samples, minSampleMs, warmupMs, stopAboveNs, timeoutMs } = job.options;
  const anchorNs = context.timeAnchor();
  const timing = timeKernel(
    instance.bench,
    {
      samples,
      minSampleNs: minSampleMs * NS_PER_MS,
      warmupNs: warmupMs * NS_PER_MS,
      stopAboveNs: stopAboveNs ?? null,
      budgetNs: Math.min(timeoutMs * SAMPLING_SHARE, SAMPLING_MS) * NS_PER_MS,
    },
    { now },
  );
  if (isRepeatable(program)) checkResults(program, instance, candidate.roundsAnew);
  return {
    status: 'measured',
    ...timing,
    anchorNs,
    compileMs: (built - start) / NS_PER_MS,
    checkMs: (checked - built) / NS_PER_MS,
    wasmBytes: kernel.wasm.length,
    maxError,
    exact: program.plan.exact && !candidate.roundsAnew,
    engine,
  };
}

function raceTraces(context: Context, job: RaceJob, enter: ReportPhase): RaceOutcome {
  const { now, arena, engine } = context;
  const program = programOf(context, job.script, enter);
  const candidates = job.traces.map((trace) =>
    attempt(context, enter, (run) => {
      run('build');
      return build(context, program, trace, { target: job.target, bench: true });
    }),
  );
  // The racers share one memory, as large as the largest needs, and so the same inputs at the same addresses.
  const pages = candidates.map((built) => ('status' in built ? 1 : pagesFor(built.kernel.abi)));
  const memory = arena.atLeast(Math.max(...pages));
  const racers = candidates.map((built) =>
    'status' in built
      ? built
      : attempt(context, enter, (run) => {
          run('run');
          const instance = instantiate(built.kernel, memory);
          checkOnce(program, instance, built);
          return instance;
        }),
  );
  const running = racers.filter((racer): racer is KernelInstance => !('status' in racer));
  enter('run');
  const timings = race(
    running.map((instance) => instance.bench),
    {
      rounds: job.rounds,
      minSampleNs: job.options.minSampleMs * NS_PER_MS,
      allowanceNs: RACE_ALLOWANCE_MS * NS_PER_MS,
    },
    {
      now,
      nextInt: createRng(job.seed).nextInt,
      onTurn: (index) => {
        enter('run');
        at(running, index).prepare(); // the racers before may have used the same memory otherwise
      },
    },
  );
  const timed = new Map(running.map((instance, i) => [instance, at(timings, i)]));
  const entryOf = (racer: Failed | KernelInstance): RaceEntry =>
    'status' in racer ? racer : { status: 'measured', ...lookup(timed, racer, 'a timing') };
  return { status: 'raced', entries: racers.map(entryOf), engine };
}

function buildArtifact(context: Context, job: ArtifactJob, enter: ReportPhase): ArtifactOutcome {
  const program = programOf(context, job.script, enter);
  enter('build');
  const built = build(context, program, job.trace, { target: job.target, bench: false });
  const { kernel } = built;
  enter('run');
  checkOnce(program, instantiate(kernel, context.arena.atLeast(pagesFor(kernel.abi))), built);
  const description = { abi: kernel.abi, target: job.target, fileName: job.fileName };
  return {
    status: 'built',
    wasmBase64: Buffer.from(kernel.wasm).toString('base64'),
    mjs: loaderFor(description),
    dts: declarationsFor(description),
  };
}
