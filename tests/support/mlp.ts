/**
 * @file The course's classifier of FashionMNIST images: 784 inputs, 128 hidden units with relu, 10 classes. Its
 * weights and sample images are test data outside of the repository, found through `TILEWRIGHT_TEST_DATA`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface MlpWeights {
  /** [128, 784] */
  readonly w0: Float32Array;
  /** [128] */
  readonly b0: Float32Array;
  /** [10, 128] */
  readonly w1: Float32Array;
  /** [10] */
  readonly b1: Float32Array;
}

export interface MlpSample {
  readonly label: string;
  readonly labelIndex: number;
  readonly referenceLogitsF64: readonly number[];
  /** 784 grey levels; the network takes them divided by 255. */
  readonly pixelsU8: readonly number[];
}

export interface MlpData {
  readonly weights: MlpWeights;
  readonly samples: readonly MlpSample[];
}

/** The test data, `null` where it is not installed. */
export function loadMlp(): MlpData | null {
  const besideCheckout = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const folder = join(process.env['TILEWRIGHT_TEST_DATA'] ?? besideCheckout, 'fashion-mnist');
  if (!existsSync(folder)) return null;
  return {
    weights: readWeights(readFileSync(join(folder, 'mlp_params.pkl'))),
    samples: JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8')) as MlpSample[],
  };
}

/** The file is a pickle of four little-endian float32 arrays, whose elements stand at fixed byte offsets. */
function readWeights(file: Buffer): MlpWeights {
  const slice = (offset: number, length: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => file.readFloatLE(offset + 4 * i));
  return {
    w0: slice(165, 128 * 784),
    b0: slice(401_621, 128),
    w1: slice(402_183, 10 * 128),
    b1: slice(407_348, 10),
  };
}

/** Logits in float64, by plain loops. */
export function mlpReference({ w0, b0, w1, b1 }: MlpWeights, x: ArrayLike<number>): number[] {
  const hidden = layer(x, w0, b0).map((value) => Math.max(value, 0));
  return layer(hidden, w1, b1);
}

/** `x * w^T + b` for one row `x`. */
function layer(x: ArrayLike<number>, w: Float32Array, b: Float32Array): number[] {
  return Array.from(b, (bias, j) => {
    let sum = bias;
    for (let k = 0; k < x.length; k++) sum += (x[k] ?? NaN) * (w[j * x.length + k] ?? NaN);
    return sum;
  });
}

/** Inputs that need no data, with the logits that the course's network gives for them (float64, six digits). */
export const MLP_INPUTS: readonly {
  readonly name: string;
  readonly x: Float32Array;
  readonly logits: readonly number[];
}[] = [
  {
    name: 'zeros',
    x: new Float32Array(784),
    logits: [
      0.133679, -4.381656, 0.072097, -0.855141, -4.339076, 3.110929, -0.858589, -3.314669, -2.259532,
      -5.886661,
    ],
  },
  {
    name: 'ones',
    x: new Float32Array(784).fill(1),
    logits: [
      -49.624414, -48.529449, -35.356475, -27.297168, -61.011831, -24.347233, -9.694538, -55.144934,
      66.887022, -30.507971,
    ],
  },
  {
    name: 'a ramp',
    x: Float32Array.from({ length: 784 }, (_, i) => i / 783),
    logits: [
      -48.366307, -53.17391, -7.307533, -11.549572, -25.564312, -10.568465, -34.672623, -33.949166, 47.035481,
      -18.88096,
    ],
  },
];

export const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));
