/** @file Results on integer inputs that were computed elsewhere: every intermediate is an exact float32. */
import { describe, expect, it } from 'vitest';
import { flopsOf } from '../../../shared/ir/flops.js';
import type { TypedArray } from '../../../shared/ir/interpret.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import {
  digest,
  filled,
  matrix,
  operandA,
  operandB,
  runInterpreter,
  toNumbers,
} from '../../support/inputs.js';

/** The result of a workload on the given inputs. */
function run(spec: string, inputs: readonly TypedArray[]): number[] {
  const [output] = runInterpreter(buildWorkload(spec).func, inputs);
  return output === undefined ? [] : toNumbers(output);
}

const A = matrix(128, 128, operandA);
const B = matrix(128, 128, operandB);

describe('exact results', () => {
  it('vecadd', () => {
    const result = run('vecadd', [filled('float32', 128, (i) => i), filled('float32', 128, () => 1)]);
    expect(result).toEqual(Array.from({ length: 128 }, (_, i) => i + 1));
    const hashed = run('vecadd:n=1024', [
      filled('float32', 1024, (i) => operandA(i, 0)),
      filled('float32', 1024, (i) => operandB(i, 0)),
    ]);
    expect(digest(Float32Array.from(hashed)).sum).toBe(-12);
    expect(hashed.slice(0, 4)).toEqual([-10, 2, 3, 2]);
  });

  it('matmul', () => {
    const c = run('matmul', [A, B]);
    expect(digest(Float32Array.from(c))).toEqual({ sum: -134, squares: 22_486_014, min: -77, max: 72 });
    expect([c[0], c.at(-1), c[3 * 128 + 5]]).toEqual([72, -14, -18]);
  });

  it('matmul_relu', () => {
    const c = run('matmul_relu', [A, B]);
    expect(digest(Float32Array.from(c))).toEqual({ sum: 255_880, squares: 10_758_894, min: 0, max: 72 });
    expect([c[0], c.at(-1), c[3 * 128 + 5]]).toEqual([72, 0, 0]);
  });

  it('two linear layers with relu between them', () => {
    const hidden = run('linear', [
      filled('float32', 784, (i) => operandA(0, i)),
      matrix(128, 784, operandB),
      filled('float32', 128, (j) => ((3 * j) % 7) - 3),
    ]);
    expect(digest(Float32Array.from(hidden))).toEqual({ sum: -67, squares: 356_231, min: -91, max: 96 });
    expect([hidden[0], hidden[127]]).toEqual([23, 12]);
    const active = run('relu', [Float32Array.from(hidden)]);
    const logits = run('linear:i=128,o=10', [
      Float32Array.from(active),
      matrix(10, 128, (j, k) => ((3 * j + 4 * k + 2) % 9) - 4),
      filled('float32', 10, (j) => ((2 * j) % 5) - 2),
    ]);
    expect(logits).toEqual([375, 14, -68, 376, 15, -72, 377, 16, -71, 378]);
  });

  it('window_sum', () => {
    const result = run('window_sum', [filled('float32', 1027, (i) => i)]);
    expect([result[0], result[1023]]).toEqual([3, 3072]);
    expect(digest(Float32Array.from(result)).sum).toBe(1_574_400);
  });
});

describe('operation counts', () => {
  it.each([
    ['vecadd', 128],
    ['matmul', 4_194_304],
    ['matmul_relu', 4_210_688],
    ['linear', 200_832],
    ['linear:i=128,o=10', 2570],
    ['relu', 128],
    ['window_sum', 2048],
    ['mm_nt:m=1024,n=1024,k=1024', 2_147_483_648],
  ])('%s: %d', (spec, flops) => {
    expect(flopsOf(buildWorkload(spec).func)).toBe(flops);
  });
});
