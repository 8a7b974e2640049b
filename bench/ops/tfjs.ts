/**
 * @file TensorFlow.js on its Wasm backend (XNNPACK), one thread, as its users run it: tensors that stay in its memory,
 * fused operators where the library has them, weights in its own layout.
 */
import { z } from 'zod';
import { foldNormalisation, inputNamed, permuted, type Prepare } from './contender.js';
import { loadPeer } from './peer-package.js';
import { outputExtent, type Operator, type Row } from './suite.js';

interface Tensor {
  readonly data: () => Promise<Float32Array | Int32Array>;
  readonly dispose: () => void;
}

interface Fusion {
  readonly x: Tensor;
  readonly filter: Tensor;
  readonly strides: number;
  readonly pad: number;
  readonly bias?: Tensor;
  readonly activation?: 'relu';
}

interface Tf {
  readonly tensor: (values: Float32Array, shape: readonly number[]) => Tensor;
  readonly tidy: (work: () => Tensor) => Tensor;
  readonly ready: () => Promise<void>;
  readonly setBackend: (name: string) => Promise<boolean>;
  readonly matMul: (a: Tensor, b: Tensor) => Tensor;
  readonly add: (a: Tensor, b: Tensor | number) => Tensor;
  readonly sub: (a: Tensor, b: Tensor) => Tensor;
  readonly mul: (a: Tensor, b: Tensor | number) => Tensor;
  readonly div: (a: Tensor, b: Tensor) => Tensor;
  readonly sqrt: (x: Tensor) => Tensor;
  readonly erf: (x: Tensor) => Tensor;
  readonly relu: (x: Tensor) => Tensor;
  readonly softmax: (x: Tensor) => Tensor;
  readonly argMax: (x: Tensor, axis: number) => Tensor;
  readonly transpose: (x: Tensor) => Tensor;
  readonly moments: (x: Tensor, axis: number, keep: boolean) => { mean: Tensor; variance: Tensor };
  readonly maxPool: (x: Tensor, size: number, strides: number, pad: number) => Tensor;
  readonly avgPool: (x: Tensor, size: number, strides: number, pad: number) => Tensor;
  readonly depthwiseConv2d: (x: Tensor, filter: Tensor, strides: number, pad: number) => Tensor;
  readonly fused: {
    readonly conv2d: (options: Fusion) => Tensor;
    readonly matMul: (options: { a: Tensor; b: Tensor; bias: Tensor }) => Tensor;
  };
}

const TfSchema = z.custom<Tf>((module) => typeof module === 'object' && module !== null && 'tidy' in module);
const WasmSchema = z.object({
  setThreadsCount: z.custom<(count: number) => void>((f) => typeof f === 'function'),
});

async function loadTf(): Promise<Tf> {
  const core = TfSchema.parse(await loadPeer('@tensorflow/tfjs-core'));
  const wasm = WasmSchema.parse(await loadPeer('@tensorflow/tfjs-backend-wasm'));
  wasm.setThreadsCount(1);
  await core.setBackend('wasm');
  await core.ready();
  return core;
}

export const prepareTfjs: Prepare = async (row, inputs) => {
  const tf = await loadTf();
  const work = workOf(tf, row, inputs);
  try {
    work().dispose();
  } catch (error) {
    if (error instanceof Error && /not registered|not.*implemented/i.test(error.message)) return null;
    throw error;
  }
  return {
    run: () => {
      work().dispose();
    },
    output: async () => {
      const result = await work().data();
      return inOurLayout(row.operator, row, result);
    },
  };
};

/** Pools have their channels last here, and first in our program. */
function inOurLayout(operator: Operator, row: Row, values: ArrayLike<number>): ArrayLike<number> {
  if (operator.kind !== 'max-pool' && operator.kind !== 'avg-pool') return values;
  const [, c = 1, h = 1, w = 1] = row.inputs[operator.x]?.shape ?? [];
  const extents = [h, w].map((extent) => outputExtent(extent, operator.window));
  return permuted(values, [1, ...extents, c], [0, 3, 1, 2]);
}

function workOf(tf: Tf, row: Row, inputs: ReadonlyMap<string, Float32Array>): () => Tensor {
  const { operator } = row;
  const shapeOf = (name: string): readonly number[] => row.inputs[name]?.shape ?? [];
  const tensor = (name: string): Tensor => tf.tensor(inputNamed(inputs, name), shapeOf(name));
  switch (operator.kind) {
    case 'matmul': {
      const [a, b] = [tensor(operator.a), tensor(operator.b)];
      return () => tf.matMul(a, b);
    }
    case 'add': {
      const [a, b] = [tensor(operator.a), tensor(operator.b)];
      return () => tf.add(a, b);
    }
    case 'dense': {
      const [o = 1, i = 1] = shapeOf(operator.w);
      const b = tf.tensor(permuted(inputNamed(inputs, operator.w), [o, i], [1, 0]), [i, o]);
      const [a, bias] = [tensor(operator.x), tensor(operator.bias)];
      return () => tf.fused.matMul({ a, b, bias });
    }
    case 'conv':
    case 'depthwise':
    case 'conv-bn-relu':
      return convolution(tf, row, inputs, operator);
    case 'max-pool':
    case 'avg-pool': {
      const { k, s, p } = operator.window;
      const [n = 1, c = 1, h = 1, w = 1] = shapeOf(operator.x);
      const nhwc = permuted(inputNamed(inputs, operator.x), [n, c, h, w], [0, 2, 3, 1]);
      const x = tf.tensor(nhwc, [n, h, w, c]);
      return operator.kind === 'max-pool' ? () => tf.maxPool(x, k, s, p) : () => tf.avgPool(x, k, s, p);
    }
    case 'softmax': {
      const x = tensor(operator.x);
      return () => tf.softmax(x);
    }
    case 'layer-norm': {
      const [x, gamma, beta] = [tensor(operator.x), tensor('gamma'), tensor('beta')];
      return () =>
        tf.tidy(() => {
          const { mean, variance } = tf.moments(x, -1, true);
          const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
          return tf.add(tf.mul(normal, gamma), beta);
        });
    }
    case 'relu': {
      const x = tensor(operator.x);
      return () => tf.relu(x);
    }
    case 'gelu': {
      const x = tensor(operator.x);
      return () => tf.tidy(() => tf.mul(x, tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5)));
    }
    case 'argmax': {
      const x = tensor(operator.x);
      return () => tf.argMax(x, -1);
    }
    case 'transpose': {
      const x = tensor(operator.x);
      return () => tf.transpose(x);
    }
  }
}

type Convolution = Extract<Operator, { kind: 'conv' | 'depthwise' | 'conv-bn-relu' }>;

/** The batch normalisation is folded into weights and bias, as the library's converter does. */
function convolution(
  tf: Tf,
  row: Row,
  inputs: ReadonlyMap<string, Float32Array>,
  { kind, window }: Convolution,
): () => Tensor {
  const { s: strides, p: pad } = window;
  const x = tf.tensor(inputNamed(inputs, 'inputs'), row.inputs['inputs']?.shape ?? []);
  const shape = row.inputs['weight']?.shape ?? [];
  const weight = inputNamed(inputs, 'weight');
  if (kind === 'depthwise') {
    const filter = tf.tensor(weight, [...shape, 1]);
    return () => tf.depthwiseConv2d(x, filter, strides, pad);
  }
  if (kind === 'conv') {
    const filter = tf.tensor(weight, shape);
    return () => tf.fused.conv2d({ x, filter, strides, pad });
  }
  const { scaled, bias } = foldNormalisation(inputs);
  const filter = tf.tensor(scaled, shape);
  const offsets = tf.tensor(bias, [bias.length]);
  return () => tf.fused.conv2d({ x, filter, strides, pad, bias: offsets, activation: 'relu' });
}
