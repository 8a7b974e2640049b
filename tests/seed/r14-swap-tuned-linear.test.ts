/** Row R14: the first layer of the course's classifier is tuned, taken away as files, and put in the place of the old. */
import { budgetOf } from '../../shared/protocol/budget.js';
import { writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TuneRecord } from '../../db/tune-record.js';
import { flopsOf } from '../../shared/ir/flops.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { structuralHash } from '../../shared/ir/structural.js';
import type { TypedArray } from '../../shared/ir/typed-array.js';
import { SearchOptionsSchema } from '../../shared/protocol/search-options.js';
import { at } from '../../shared/support/errors.js';
import { buildWorkload } from '../../shared/te/workload-table.js';
import { realTune } from '../server/tuning/real-tune.js';
import { taskOf } from '../server/tuning/whole-tune.js';
import { digest, filled, matrix, operandA, operandB, toNumbers } from '../support/inputs.js';
import { argmax, loadMlp, mlpReference, MLP_INPUTS, type MlpWeights } from '../support/mlp.js';
import { runWasm } from '../support/run-wasm.js';

/** A layer: what it is given, without its output, which it makes anew. */
type Layer = (...inputs: readonly TypedArray[]) => TypedArray;

interface Network {
  readonly linear0: Layer;
  readonly relu0: Layer;
  readonly linear1: Layer;
}

const linear0 = buildWorkload('linear:b=1,i=784,o=128').func;
const relu0 = buildWorkload('relu:m=1,n=128').func;
const linear1 = buildWorkload('linear:b=1,i=128,o=10').func;
const hashes = [linear0, relu0, linear1].map(structuralHash);

const network: Network = {
  linear0: compiled(linear0),
  relu0: compiled(relu0),
  linear1: compiled(linear1),
};

function compiled(func: PrimFunc): Layer {
  return (...inputs) => at(runWasm(func, 'wasm-simd128', inputs), 0);
}

/** With its parameters bound, the network takes the image alone. */
function bind({ w0, b0, w1, b1 }: MlpWeights, layers: Network): (x: TypedArray) => number[] {
  return (x) => toNumbers(layers.linear1(layers.relu0(layers.linear0(x, w0, b0)), w1, b1));
}

/** What the loader of a kernel offers, as far as this needs it. */
interface Loader {
  load(): Promise<{ call(inputs: Record<string, TypedArray>): Record<string, Float32Array> }>;
}

let directory: string;
let tune: TuneRecord;
/** The tuned layer, from its files alone. */
let tuned: Layer;

beforeAll(async () => {
  const result = await realTune(linear0, {
    budget: budgetOf({ trials: 48, perTask: {} }, 1),
    strategy: 'evolutionary',
    search: SearchOptionsSchema.parse({ evolution: { populationSize: 64 } }),
  });
  ({ tune } = result);
  directory = mkdtempSync(join(tmpdir(), 'tuned-linear-'));
  await writeFile(join(directory, 'best.wasm'), result.artifacts.wasm);
  await writeFile(join(directory, 'best.mjs'), result.artifacts.mjs);
  const url = pathToFileURL(join(directory, 'best.mjs')).href;
  const kernel = await ((await import(/* @vite-ignore */ url)) as Loader).load();
  tuned = (x, w, b) => {
    if (x === undefined || w === undefined || b === undefined) throw new Error('three inputs');
    const { Z } = kernel.call({ X: x, W: w, B: b });
    if (Z === undefined) throw new Error('one output');
    return Z;
  };
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

describe('R14', () => {
  it('counts 200,832 operations in the layer', () => {
    expect(flopsOf(linear0)).toBe(200_832);
    expect(taskOf(tune).flops).toBe(200_832);
  });

  it('tunes the layer, and ends with a program that is not slower', () => {
    const { measured, bestNs, baselineNs } = taskOf(tune);
    expect(tune.status).toBe('succeeded');
    expect(measured).toBeGreaterThan(0);
    expect(bestNs ?? Infinity).toBeLessThanOrEqual(baselineNs ?? 0);
  });

  it('leaves the functions as they were: what it gives is a trace', () => {
    expect([linear0, relu0, linear1].map(structuralHash)).toEqual(hashes);
  });

  it('gives the exact result on integers, as the layer did', () => {
    const inputs = [
      matrix(1, 784, operandA),
      matrix(128, 784, operandB),
      filled('float32', 128, (j) => ((3 * j) % 7) - 3),
    ];
    const z = tuned(...inputs);
    expect(digest(z)).toEqual({ sum: -67, squares: 356_231, min: -91, max: 96 });
    expect([z[0], z[127]]).toEqual([23, 12]);
    expect(toNumbers(z)).toEqual(toNumbers(network.linear0(...inputs)));
  });
});

const data = loadMlp();

describe.skipIf(data === null)('R14, the classifier (needs the test data of TILEWRIGHT_TEST_DATA)', () => {
  if (data === null) return;
  const { weights, samples } = data;
  const images = [
    ...MLP_INPUTS,
    { name: 'one half', x: new Float32Array(784).fill(0.5) },
    { name: 'all grey levels', x: Float32Array.from({ length: 784 }, (_, i) => (i % 256) / 255) },
    ...samples.map(({ label, pixelsU8 }, i) => ({
      name: `image ${i}, ${label}`,
      x: Float32Array.from(pixelsU8, (level) => level / 255),
    })),
  ];

  it.each(images)('gives the same logits for $name as before', ({ x }) => {
    const swapped: Network = { ...network, linear0: tuned };
    const [before, after] = [bind(weights, network), bind(weights, swapped)].map((predict) => predict(x));
    if (before === undefined || after === undefined) expect.fail('two predictions');
    for (const [j, want] of mlpReference(weights, x).entries()) {
      expect(Math.abs(at(after, j) - at(before, j))).toBeLessThan(1e-4);
      expect(Math.abs(at(after, j) - want)).toBeLessThan(1e-4);
    }
    expect(argmax(after)).toBe(argmax(before));
  });
});
