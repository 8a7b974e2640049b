/**
 * @file The anchor: a kernel that is the same for all programs and all times. Timed before each candidate, it tells how
 * fast the machine was at that moment; times of candidates whose anchors differ are not comparable.
 */
import { median } from '../../shared/support/statistics.js';
import { timeBatch, type Subject, type TimingEnvironment } from './timing.js';

/**
 * A chain of dependent float64 operations, all in registers: nothing but the processor's clock and its other users
 * change its time.
 *
 * (module (func (export "f") (param $n i32) (result f64) (local $x f64)
 *   (loop $again
 *     (local.set $x (f64.add (f64.mul (local.get $x) (f64.const 0.5)) (f64.const 1)))
 *     (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
 *   (local.get $x)))
 */
const ANCHOR_HEX =
  '0061736d0100000001060160017f017c03020100070501016600000a2c012a01017c0340200144000000000000e03fa2' +
  '44000000000000f03fa02101200041016b22000d000b20010b';

/** About 0.3 ms each. */
const STEPS = 100_000;
const BATCHES = 5;

/** @returns a function that times the anchor: nanoseconds per step, the median of a few batches */
export function createAnchor(environment: TimingEnvironment): () => number {
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(ANCHOR_HEX, 'hex'))).exports;
  const subject = f as Subject;
  subject(STEPS);
  return () => median(Array.from({ length: BATCHES }, () => timeBatch(subject, STEPS, environment) / STEPS));
}
