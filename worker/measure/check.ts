/**
 * @file Whether a candidate computed the right thing: its outputs against those of the reference.
 *
 * Exact programs must match bit for bit. Others may differ by 1e-4 * sqrt(K) relatively plus 1e-5 * sqrt(K) absolutely,
 * K being the length of the longest reduction: rounding errors of a reordered sum grow like a random walk. For float64
 * the factors are 1e-10 and 1e-12.
 *
 * Candidates that round in other ways than the program (see docs/adr/0014-winograd.md) may in addition differ by 1e-4 of
 * the output's largest magnitude (float64: 1e-10): their errors are small for the output as a whole, not for each element.
 *
 * Outputs hold the complement of the expected bits before the run, so that an element never written is never right.
 */
import { bytesOf, isFloat, type DType } from '../../shared/ir/dtype.js';
import type { KernelParam } from '../../shared/protocol/kernel.js';
import type { Exactness } from './exactness.js';
import { CandidateError } from './failure.js';

export interface CheckRules extends Pick<Exactness, 'exact' | 'reduction'> {
  /** Whether the candidate rounds in other ways than the program. */
  readonly roundsAnew: boolean;
}

/** Contents that no correct run leaves behind. */
export function poisonOf(expected: Uint8Array): Uint8Array {
  return expected.map((byte) => ~byte);
}

/**
 * Compares one output, given as the bytes of its elements.
 * @returns the largest absolute difference
 * @throws CandidateError `not_finite` when a NaN or infinity was computed where the reference has a finite number,
 *   otherwise `wrong_result`, naming the first wrong element
 */
export function checkOutput(
  param: KernelParam,
  actual: Uint8Array,
  expected: Uint8Array,
  rules: CheckRules,
): number {
  if (Buffer.compare(actual, expected) === 0) return 0;
  const [got, want] = [elementsOf(param.dtype, actual), elementsOf(param.dtype, expected)];
  const matches = matcherFor(param.dtype, rules, () => largestOf(want));
  let maxError = 0;
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    if (!matches(got[i], want[i])) wrong.push(i);
    else maxError = Math.max(maxError, Math.abs(Number(got[i]) - Number(want[i])) || 0);
  }
  const [first] = wrong;
  if (first === undefined) return maxError;

  const where = (i: number): string =>
    `${param.name}[${indicesOf(i, param.shape).join(', ')}] (one of ${wrong.length} wrong of ${want.length} elements)`;
  const isUntouched = (i: number): boolean => untouched(actual, expected, i, bytesOf(param.dtype));
  const infinite = wrong.find(
    (i) => isFinite(Number(want[i])) && !isFinite(Number(got[i])) && !isUntouched(i),
  );
  if (infinite !== undefined) {
    throw new CandidateError(
      'not_finite',
      `${where(infinite)} is ${got[infinite]} instead of ${want[infinite]}`,
    );
  }
  const fault = isUntouched(first) ? 'was never written' : `is ${got[first]} instead of ${want[first]}`;
  throw new CandidateError('wrong_result', `${where(first)} ${fault}`);
}

type Element = number | bigint | undefined;

/** Equality of bits (any NaN equals any other), or closeness where the program rounds. */
function matcherFor(
  dtype: DType,
  { exact, reduction, roundsAnew }: CheckRules,
  largest: () => number,
): (got: Element, want: Element) => boolean {
  if (!isFloat(dtype) || (exact && !roundsAnew)) return Object.is;
  const scale = exact ? 0 : Math.sqrt(reduction);
  const ofLargest = roundsAnew ? largest() * (dtype === 'float32' ? 1e-4 : 1e-10) : 0;
  const relative = scale * (dtype === 'float32' ? 1e-4 : 1e-10);
  const absolute = scale * (dtype === 'float32' ? 1e-5 : 1e-12) + ofLargest;
  return (got, want) => {
    const [g, w] = [Number(got), Number(want)];
    return Object.is(g, w) || (Number.isFinite(w) && Math.abs(g - w) <= absolute + relative * Math.abs(w));
  };
}

/** The largest finite magnitude. */
function largestOf(elements: ArrayLike<number> | ArrayLike<bigint>): number {
  let largest = 0;
  for (let i = 0; i < elements.length; i++) {
    const magnitude = Math.abs(Number(elements[i]));
    if (magnitude > largest && Number.isFinite(magnitude)) largest = magnitude;
  }
  return largest;
}

function untouched(actual: Uint8Array, expected: Uint8Array, index: number, size: number): boolean {
  const from = index * size;
  const poison = poisonOf(expected.subarray(from, from + size));
  return Buffer.compare(actual.subarray(from, from + size), poison) === 0;
}

/** The elements that bytes stand for. Bytes may be a view at any offset of linear memory: they are copied. */
function elementsOf(dtype: DType, bytes: Uint8Array): ArrayLike<number> | ArrayLike<bigint> {
  const { buffer } = bytes.slice();
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
  }
}

/** Coordinates of the element at a row-major position. */
function indicesOf(position: number, shape: readonly number[]): number[] {
  let rest = position;
  return shape
    .toReversed()
    .map((extent) => {
      const index = rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .toReversed();
}
