import { createServer } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledKernel } from '../../../shared/protocol/kernel.js';
import type { TargetId } from '../../../shared/protocol/target.js';
import { assemble, increment, param, scaleAdd } from '../../support/hand-kernels.js';
import { artifactDirectory, publishIn, typeErrorsOf } from './harness.js';

type Tensor = Float32Array;
interface Kernel {
  readonly params: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly access: string;
  }[];
  readonly memory: WebAssembly.Memory;
  readonly tensors: Record<'A' | 'B' | 'C', Tensor>;
  allocate(name: string): Tensor;
  run(tensors?: Record<string, unknown>): void;
  call(inputs: Record<string, unknown>): Record<string, ArrayLike<unknown>>;
}
interface Loader {
  readonly params: Kernel['params'];
  load(options?: { wasm?: unknown; reserve?: Record<string, number> }): Promise<Kernel>;
}

const directory = artifactDirectory();

async function publish(fileName: string, kernel: CompiledKernel, target?: TargetId): Promise<Loader> {
  return (await publishIn(directory(), fileName, kernel, target)) as Loader;
}

const ONES = Array.from({ length: 16 }, () => 1);
const COUNT = Array.from({ length: 16 }, (_, i) => i);
const EXPECTED = COUNT.map((x) => 2 * x + 1);

describe('a loaded kernel', () => {
  let loader: Loader;
  beforeAll(async () => {
    loader = await publish('scale_add', scaleAdd());
  });

  it('runs on tensors in its memory without copying', async () => {
    const kernel = await loader.load();
    kernel.tensors.A.set(COUNT);
    kernel.tensors.B.set(ONES);
    kernel.run();
    expect([...kernel.tensors.C]).toEqual(EXPECTED);
    expect([...kernel.tensors.A]).toEqual(COUNT);
    expect([...kernel.tensors.B]).toEqual(ONES);
  });

  it('copies in and out with call, from any kind of array', async () => {
    const kernel = await loader.load();
    const first = kernel.call({ A: COUNT, B: new Float64Array(ONES) });
    const second = kernel.call({ A: new Float32Array(16), B: ONES });
    expect(Array.from(first['C'] ?? [])).toEqual(EXPECTED);
    expect(Array.from(second['C'] ?? [])).toEqual(ONES);
    expect(Object.keys(first)).toEqual(['C']);
  });

  it('works on several sets of tensors, each keeping its values', async () => {
    const kernel = await loader.load({ reserve: { A: 2, C: 1 } });
    const [a1, a2, c] = [kernel.allocate('A'), kernel.allocate('A'), kernel.allocate('C')];
    a1.set(COUNT);
    a2.fill(10);
    kernel.tensors.B.set(ONES);
    kernel.run({ A: a1, C: c });
    kernel.run({ A: a2 });
    expect([...c]).toEqual(EXPECTED);
    expect([...kernel.tensors.C]).toEqual(ONES.map(() => 21));
    expect([...kernel.tensors.A]).toEqual(ONES.map(() => 0));
    expect(() => kernel.allocate('B')).not.toThrow(TypeError);
  });

  it('refuses to allocate more than was reserved, and says how to get more', async () => {
    const kernel = await loader.load();
    const fill = (): void => {
      for (;;) kernel.allocate('A');
    };
    expect(fill).toThrow(RangeError);
    expect(fill).toThrow('load({ reserve: { A: ... } })');
    await expect(loader.load({ reserve: { Z: 1 } })).rejects.toThrow(TypeError);
    await expect(loader.load({ reserve: { A: -1 } })).rejects.toThrow(TypeError);
  });

  it('may be given one tensor for two inputs, but never an output that overlaps anything', async () => {
    const kernel = await loader.load();
    kernel.tensors.A.fill(3);
    kernel.run({ B: kernel.tensors.A });
    expect([...kernel.tensors.C]).toEqual(ONES.map(() => 9));
    expect(() => kernel.run({ C: kernel.tensors.A })).toThrow('C is written and overlaps A');
    const shifted = new Float32Array(kernel.memory.buffer, kernel.tensors.A.byteOffset + 16, 16);
    expect(() => kernel.run({ C: shifted })).toThrow('C is written and overlaps A');
    const onWorkspace = new Float32Array(kernel.memory.buffer, kernel.tensors.C.byteOffset + 16, 16);
    expect(() => kernel.run({ A: onWorkspace, C: kernel.allocate('C') })).toThrow('overlaps the workspace');
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'another length',
      { A: new Float32Array(15) },
      'A has 15 elements, must have 16 (float32, shape [4, 4])',
    ],
    ['another type', { A: new Float64Array(16) }, 'A must be a Float32Array'],
    ['foreign memory', { A: new Float32Array(16) }, "A is not in the kernel's memory"],
    ['a name that is none', { D: new Float32Array(16) }, 'no parameter is named D: there are A, B, C'],
    ['an inherited name', { toString: 1 }, 'no parameter is named toString'],
  ])('refuses a tensor of %s with a TypeError', async (_, tensors, message) => {
    const kernel = await loader.load();
    expect(() => kernel.run(tensors)).toThrow(TypeError);
    expect(() => kernel.run(tensors)).toThrow(message);
  });

  it('refuses a tensor that is not aligned', async () => {
    const kernel = await loader.load({ reserve: { A: 2 } });
    const odd = new Float32Array(kernel.memory.buffer, kernel.allocate('A').byteOffset + 4, 16);
    expect(() => kernel.run({ A: odd })).toThrow('multiple of 16');
  });

  it('refuses wrong arguments of call, leaving the tensors as they were', async () => {
    const kernel = await loader.load();
    kernel.tensors.A.fill(7);
    expect(() => kernel.call({ A: COUNT })).toThrow('B must have 16 elements (float32, shape [4, 4])');
    expect(() => kernel.call({ A: COUNT, B: [1, 2] })).toThrow(TypeError);
    expect(() => kernel.call({ A: COUNT, B: ONES, C: ONES })).toThrow('C is an output');
    expect(kernel.tensors.A[0]).toBe(7);
  });

  it('describes its parameters', () => {
    expect(loader.params.map(({ name, shape, access }) => ({ name, shape, access }))).toEqual([
      { name: 'A', shape: [4, 4], access: 'read' },
      { name: 'B', shape: [4, 4], access: 'read' },
      { name: 'C', shape: [4, 4], access: 'write' },
    ]);
  });

  it('loads from bytes, from a compiled module and over HTTP', async () => {
    const bytes = await readFile(join(directory(), 'scale_add.wasm'));
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/k.wasm' ? 200 : 404;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const wasm of [bytes, new WebAssembly.Module(bytes), new URL(`${base}/k.wasm`)]) {
        const kernel = await loader.load({ wasm });
        expect(Array.from(kernel.call({ A: COUNT, B: ONES })['C'] ?? [])).toEqual(EXPECTED);
      }
      await expect(loader.load({ wasm: new URL(`${base}/none`) })).rejects.toThrow('404');
    } finally {
      server.close();
    }
  });
});

describe('other kernels', () => {
  it('update a parameter in place, with 64-bit integers', async () => {
    const loader = await publish('increment', increment());
    const kernel = await loader.load();
    expect(Array.from(kernel.call({ X: [1n, 41n] })['X'] ?? [])).toEqual([2n, 42n]);
    expect(() => kernel.call({})).toThrow('X must have 2 elements');
  });

  it('say what the engine lacks', async () => {
    // An instruction that no engine knows stands for one that this engine does not.
    const { wasm, abi } = scaleAdd();
    const unknown = Uint8Array.from(wasm);
    unknown[unknown.length - 2] = 0xff;
    const loader = await publish('relaxed', { wasm: unknown, abi }, 'wasm-relaxed-simd');
    await expect(loader.load()).rejects.toThrow(
      'this engine cannot run the kernel: it needs WebAssembly relaxed SIMD',
    );
  });

  it('may have any names: they are data', async () => {
    const evil = ['__proto__', 'constructor', '"};alert(1);//', '*/ alert(1) /*', '${1}', '`', '\n\u2028'];
    const params = evil.map((name) => param(name, [1], name === 'constructor' ? 'write' : 'read'));
    const wasm = assemble(`(module (import "env" "memory" (memory 0))
      (func (export "run") (param i32 i32 i32 i32 i32 i32 i32 i32) (f32.store (local.get 1) (f32.load (local.get 0)))))`);
    const loader = await publish('evil', {
      wasm,
      abi: { name: '*/ alert(1)\n//', params, packed: [], workspaceBytes: 0 },
    });
    const kernel = await loader.load();
    const inputs = Object.fromEntries(
      evil.filter((name) => name !== 'constructor').map((name, i) => [name, [i + 5]]),
    );
    expect(Array.from(kernel.call(inputs)['constructor'] ?? [])).toEqual([5]);
  });
});

describe('the declarations', () => {
  it('accept right use and refuse wrong use, by the TypeScript compiler', async () => {
    await publish('scale_add', scaleAdd());
    await publish('increment', increment('odd name'));
    await writeFile(
      join(directory(), 'use.mts'),
      `import { load, params } from './scale_add.mjs';
       import { load as loadIncrement } from './increment.mjs';
       const kernel = await load({ reserve: { A: 2 } });
       const a: Float32Array = kernel.allocate('A');
       kernel.run({ A: a });
       kernel.run();
       const { C } = kernel.call({ A: a, B: [1, 2, 3] });
       export const sum: number = C.reduce((x, y) => x + y, 0) + params.length;
       export const big: BigInt64Array = (await loadIncrement()).call({ 'odd name': [1n] })['odd name'];
       // @ts-expect-error no such parameter
       kernel.allocate('D');
       // @ts-expect-error wrong type
       kernel.run({ A: new Float64Array(16) });
       // @ts-expect-error B is missing
       kernel.call({ A: a });
       // @ts-expect-error outputs are not inputs
       kernel.call({ A: a, B: a, C: a });
       // @ts-expect-error tensors stay where they are
       kernel.tensors.A = a;
      `,
    );
    expect(typeErrorsOf(directory(), 'use.mts')).toBe('');
  });
});
