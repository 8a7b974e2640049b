/**
 * @file How a kernel is timed. Pure: the clock and the kernel are passed in.
 *
 *   calibrate   find a batch (runs per sample) that takes at least `minSampleNs`: far above the clock's grain
 *   warm up     repeat the batch until three in a row agree within 2 %, for at most `warmupNs`
 *   sample      time `samples` batches; stop early when the first shows that the kernel is out of the race
 *
 * The statistic is the median; all samples are kept. A kernel that fills the whole warm-up with one run needs none of
 * this: that run is its first sample.
 */
import { median, relativeSpread } from '../../shared/support/statistics.js';

/** The kernel, its inputs in place: performs this many runs. */
export type Subject = (runs: number) => void;

export interface TimingEnvironment {
  /** Monotonic, in nanoseconds. */
  readonly now: () => number;
}

export interface TimingOptions {
  readonly samples: number;
  readonly minSampleNs: number;
  readonly warmupNs: number;
  /** No further samples are taken when the first exceeds 3 times this; nanoseconds per run. */
  readonly stopAboveNs: number | null;
  /** No further samples are started after this time, counted from the beginning of timing. */
  readonly budgetNs: number;
}

/** Times are nanoseconds per run. */
export interface Timing {
  readonly medianNs: number;
  readonly samplesNs: number[];
  readonly spread: number;
  readonly batch: number;
}

/** A first sample this many times slower than the best known kernel settles the matter. */
const HOPELESS_FACTOR = 3;
const STABLE_WITHIN = 0.02;
const STABLE_BATCHES = 3;
/** A batch that ran faster than the clock could see is multiplied by this. */
const MAX_GROWTH = 16;
/** Calibration aims a little above the least time, so as not to fall short of it again. */
const CALIBRATION_MARGIN = 1.1;
const MAX_BATCH = 2 ** 30;

/** Time of one batch, in nanoseconds. At least 1, whatever the clock says: no kernel takes no time. */
export function timeBatch(subject: Subject, batch: number, { now }: TimingEnvironment): number {
  const start = now();
  subject(batch);
  return Math.max(1, now() - start);
}

/** A number of runs, and how long they took when last tried. */
export interface Calibration {
  readonly batch: number;
  readonly elapsedNs: number;
}

/** Finds the number of runs that takes at least `minSampleNs`. */
export function calibrate(
  subject: Subject,
  minSampleNs: number,
  environment: TimingEnvironment,
): Calibration {
  let batch = 1;
  for (;;) {
    const elapsedNs = timeBatch(subject, batch, environment);
    if (elapsedNs >= minSampleNs || batch >= MAX_BATCH) return { batch, elapsedNs };
    const growth = Math.min(MAX_GROWTH, (minSampleNs / elapsedNs) * CALIBRATION_MARGIN);
    batch = Math.min(MAX_BATCH, Math.ceil(batch * growth));
  }
}

/** Repeats the batch until its time is stable; adjusts it when the kernel got faster on the way. */
function warmUp(
  subject: Subject,
  first: Calibration,
  options: TimingOptions,
  environment: TimingEnvironment,
): number {
  const start = environment.now();
  const recent = [first.elapsedNs];
  while (environment.now() - start < options.warmupNs) {
    recent.push(timeBatch(subject, first.batch, environment));
    if (recent.length > STABLE_BATCHES) recent.shift();
    const [least, most] = [Math.min(...recent), Math.max(...recent)];
    if (recent.length === STABLE_BATCHES && most - least <= STABLE_WITHIN * least) break;
  }
  const fastest = Math.min(...recent);
  const short = options.minSampleNs / fastest;
  return short <= 1 ? first.batch : Math.ceil(first.batch * short);
}

/** Times a kernel that has been checked. */
export function timeKernel(subject: Subject, options: TimingOptions, environment: TimingEnvironment): Timing {
  const start = environment.now();
  const first = calibrate(subject, options.minSampleNs, environment);
  const isSlow = first.batch === 1 && first.elapsedNs >= options.warmupNs;
  const batch = isSlow ? 1 : warmUp(subject, first, options, environment);
  const samplesNs = isSlow ? [first.elapsedNs] : [];
  const isOver = (): boolean => {
    const [sample] = samplesNs;
    if (sample === undefined) return false;
    if (samplesNs.length >= options.samples) return true;
    if (options.stopAboveNs !== null && sample > HOPELESS_FACTOR * options.stopAboveNs) return true;
    return environment.now() - start >= options.budgetNs;
  };
  while (!isOver()) samplesNs.push(timeBatch(subject, batch, environment) / batch);
  return summarize(samplesNs, batch);
}

export function summarize(samplesNs: number[], batch: number): Timing {
  return { medianNs: median(samplesNs), samplesNs, spread: relativeSpread(samplesNs), batch };
}
