/** @file Kernels whose constants are prepared once, as a user of the loader meets them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIndexMap } from '../../../shared/arith/index-map.js';
import { variable } from '../../../shared/ir/build.js';
import { LAYOUT_REWRITE_PREPROC, withConstants } from '../../../shared/ir/constants.js';
import { TARGETS } from '../../../shared/protocol/target.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { compileFunc } from '../../../worker/lower/compile.js';
import { artifactDirectory, publishIn, typeErrorsOf } from './harness.js';

const directory = artifactDirectory();

type Tensor = Float32Array;

describe('a kernel with constants', () => {
  const [A, W, B, D] = [
    [1, 2, 3, 4],
    [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
    [10, 20, 30],
    [0, 0, 1],
  ];
  /** D = W A + B, with W prepared in panels when the schedule packs it. */
  async function publishLinear(fileName: string, isPacked: boolean): Promise<ConstantLoader> {
    const func = withConstants(buildWorkload('linear:b=1,i=4,o=3').func, ['W', 'B']);
    const sch = createSchedule(func);
    if (isPacked) {
      const block = sch.getBlock('Y');
      const copy = sch.cacheRead(block, 1, 'global');
      const [o, i] = [variable('o'), variable('i')];
      sch.transformLayout(block, 1, 'read', createIndexMap([o, i], [i, o]));
      sch.annotate(copy, LAYOUT_REWRITE_PREPROC, 1);
    }
    const kernel = compileFunc(sch.func, TARGETS.wasm, { bench: false });
    expect(kernel.abi.packed).toEqual(isPacked ? [48] : []);
    return (await publishIn(directory(), fileName, kernel)) as ConstantLoader;
  }
  interface ConstantKernel {
    readonly tensors: Record<'X' | 'W' | 'B' | 'Z', Tensor>;
    prepare(constants?: Record<string, unknown>): void;
    run(tensors?: Record<string, unknown>): void;
    call(inputs: Record<string, unknown>): Record<string, ArrayLike<number>>;
    allocate(name: string): Tensor;
  }
  interface ConstantLoader {
    load(): Promise<ConstantKernel>;
  }
  const outputOf = ({ Z }: Record<string, ArrayLike<number>>): number[] => Array.from(Z ?? []);

  it.each([
    ['packed', true],
    ['as they are', false],
  ])('takes them once, %s, and again when they change', async (name, isPacked) => {
    const kernel = await (await publishLinear(`linear_${name.length}`, isPacked)).load();
    kernel.prepare({ W, B });
    expect(outputOf(kernel.call({ X: A }))).toEqual([20, 40, 60]);
    expect(outputOf(kernel.call({ X: [1, 0, 0, 0] }))).toEqual([11, 22, 33]);
    kernel.prepare({ W: W.toReversed(), B: D });
    expect(outputOf(kernel.call({ X: A }))).toEqual([30, 20, 11]);
    // Without copying: what is in the tensors counts.
    kernel.tensors.W.fill(1);
    kernel.tensors.X.fill(1);
    kernel.prepare();
    kernel.run();
    expect([...kernel.tensors.Z]).toEqual([4, 4, 5]);
  });

  it('does not run before it has them, and says so', async () => {
    const kernel = await (await publishLinear('linear_early', true)).load();
    for (const early of [() => kernel.run(), () => kernel.call({ X: A })]) {
      expect(early).toThrow('prepare() comes first: it takes what is constant, W, B');
    }
    expect(() => kernel.prepare({ W })).toThrow('B must have 3 elements (float32, shape [3])');
    expect(() => kernel.prepare({ W, B: [1] })).toThrow(TypeError);
    expect(() => kernel.prepare({ W, B, X: A })).toThrow('X is not constant: run() and call() take it');
    expect(() => kernel.prepare({ W, B, V: A })).toThrow('no parameter is named V');
    expect(() => kernel.run()).toThrow('prepare() comes first');
    kernel.prepare({ W, B });
    expect(() => kernel.call({ X: A, W })).toThrow('W is constant: prepare() takes it');
    expect(() => kernel.run({ W: kernel.tensors.W })).toThrow('W is constant: prepare() takes it');
    expect(() => kernel.allocate('W')).toThrow('W is constant');
  });

  it('keeps tensors off what it has prepared', async () => {
    const loader = await publishLinear('linear_private', true);
    const kernel = await loader.load();
    kernel.prepare({ W, B });
    const { buffer, byteOffset } = kernel.tensors.Z;
    const onPacked = new Float32Array(buffer, byteOffset + 64, 4);
    expect(() => kernel.run({ X: onPacked })).toThrow('X overlaps the workspace');
  });

  it('declares them apart from the inputs', async () => {
    await publishLinear('linear_typed', true);
    await writeFile(
      join(directory(), 'use.mts'),
      `import { load } from './linear_typed.mjs';
       const kernel = await load();
       kernel.prepare({ W: new Float64Array(12), B: [1, 2, 3] });
       kernel.prepare();
       export const first: number | undefined = kernel.call({ X: [1, 2, 3, 4] }).Z[0];
       // @ts-expect-error B is missing
       kernel.prepare({ W: [1] });
       // @ts-expect-error W is no input
       kernel.call({ X: [1, 2, 3, 4], W: [1] });
      `,
    );
    expect(typeErrorsOf(directory(), 'use.mts')).toBe('');
  });
});
