/**
 * @file The programs on which peers are met: what they are for us, what they are for a library, and how much work they are
 * at least.
 */
import { createRng } from '../../shared/support/rng.js';

/** A tensor that goes into a program, in our layout. */
export interface Input {
  readonly shape: readonly number[];
  /** Weights: everybody may lay them out anew, once. */
  readonly constant?: true;
}

export interface Window {
  readonly k: number;
  readonly s: number;
  readonly p: number;
}

/** The same work in the words of libraries. Names of inputs are those of our program. */
export type Operator =
  | { readonly kind: 'matmul' | 'add'; readonly a: string; readonly b: string }
  | { readonly kind: 'dense'; readonly x: string; readonly w: string; readonly bias: string }
  | {
      /** NHWC; weights `[k, k, ci, co]`, of a depthwise one `[k, k, c]`. */
      readonly kind: 'conv' | 'depthwise' | 'conv-bn-relu';
      readonly window: Window;
    }
  | { readonly kind: 'max-pool' | 'avg-pool'; readonly x: string; readonly window: Window }
  | {
      readonly kind: 'softmax' | 'layer-norm' | 'relu' | 'gelu' | 'argmax' | 'transpose';
      readonly x: string;
    };

export interface Row {
  readonly name: string;
  /** The workload that is tuned. */
  readonly spec: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly operator: Operator;
  /** A multiply-add is two. 0 where moving the data is the work. */
  readonly flops: number;
  /** Everything read once and written once. */
  readonly bytes: number;
}

/** How many places a window has along a dimension of the input. */
export function outputExtent(extent: number, { k, s, p }: Window): number {
  return Math.floor((extent + 2 * p - k) / s) + 1;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

interface Rest {
  readonly flops?: number;
  readonly output: readonly number[];
}

function row(
  name: string,
  spec: string,
  inputs: Row['inputs'],
  operator: Operator,
  { flops = 0, output }: Rest,
): Row {
  const read = Object.values(inputs).reduce((sum, { shape }) => sum + elements(shape), 0);
  return { name, spec, inputs, operator, flops, bytes: 4 * (read + elements(output)) };
}

function matmul(n: number): Row {
  const square = { shape: [n, n] };
  return row(
    `matmul ${n}`,
    `matmul:m=${n},n=${n},k=${n}`,
    { A: square, B: square },
    { kind: 'matmul', a: 'A', b: 'B' },
    { flops: 2 * n ** 3, output: [n, n] },
  );
}

function dense(b: number, i: number, o: number): Row {
  return row(
    `dense ${b}x${i} to ${o}`,
    `linear:b=${b},i=${i},o=${o}`,
    { X: { shape: [b, i] }, W: { shape: [o, i], constant: true }, B: { shape: [o], constant: true } },
    { kind: 'dense', x: 'X', w: 'W', bias: 'B' },
    { flops: 2 * b * i * o, output: [b, o] },
  );
}

function convolution(hw: number, ci: number, co: number, window: Window): Row {
  const { k, s, p } = window;
  const out = outputExtent(hw, window);
  return row(
    `conv ${k}x${k}${s > 1 ? `/${s}` : ''} ${hw}x${hw}x${ci} to ${co}`,
    `conv2d_nhwc:n=1,h=${hw},w=${hw},ci=${ci},co=${co},k=${k},s=${s},p=${p}`,
    { inputs: { shape: [1, hw, hw, ci] }, weight: { shape: [k, k, ci, co], constant: true } },
    { kind: 'conv', window },
    { flops: 2 * out * out * co * ci * k * k, output: [out, out, co] },
  );
}

function fused(hw: number, ci: number, co: number, window: Window): Row {
  const plain = convolution(hw, ci, co, window);
  const vector = { shape: [co], constant: true } as const;
  return {
    ...plain,
    name: plain.name.replace('conv', 'conv+bias+bn+relu'),
    spec: plain.spec.replace('conv2d_nhwc', 'conv2d_bias_bn_relu'),
    inputs: { ...plain.inputs, bias: vector, bn_scale: vector, bn_offset: vector },
    operator: { kind: 'conv-bn-relu', window },
  };
}

function depthwise(hw: number, c: number, window: Window): Row {
  const { k, s, p } = window;
  const out = outputExtent(hw, window);
  return row(
    `depthwise ${k}x${k}${s > 1 ? `/${s}` : ''} ${hw}x${hw}x${c}`,
    `depthwise_conv2d_nhwc:n=1,h=${hw},w=${hw},c=${c},k=${k},s=${s},p=${p}`,
    { inputs: { shape: [1, hw, hw, c] }, weight: { shape: [k, k, c], constant: true } },
    { kind: 'depthwise', window },
    { flops: 2 * out * out * c * k * k, output: [out, out, c] },
  );
}

function pool(kind: 'max-pool' | 'avg-pool', c: number, hw: number, window: Window): Row {
  const out = outputExtent(hw, window);
  const name = kind === 'max-pool' ? 'max_pool2d_nchw' : 'avg_pool2d_nchw';
  return row(
    `${kind} ${window.k}x${window.k} ${c}x${hw}x${hw}`,
    `${name}:n=1,c=${c},h=${hw},w=${hw},k=${window.k},s=${window.s},p=${window.p}`,
    { X: { shape: [1, c, hw, hw] } },
    { kind, x: 'X', window },
    { output: [c, out, out] },
  );
}

const SAME = { k: 3, s: 1, p: 1 };
const HALVES = { k: 2, s: 2, p: 0 };

const OPS: readonly Row[] = [
  matmul(128),
  matmul(256),
  matmul(512),
  matmul(1024),
  dense(1, 784, 128),
  dense(64, 512, 1000),
  row(
    'batch matmul 12x128x64x128',
    'batch_matmul:b=12,m=128,n=128,k=64',
    { X: { shape: [12, 128, 64] }, Y: { shape: [12, 64, 128] } },
    { kind: 'matmul', a: 'X', b: 'Y' },
    { flops: 2 * 12 * 128 * 64 * 128, output: [12, 128, 128] },
  ),
  convolution(56, 64, 64, SAME),
  convolution(14, 256, 256, SAME),
  convolution(7, 512, 512, SAME),
  convolution(224, 3, 64, { k: 7, s: 2, p: 3 }),
  convolution(56, 64, 128, { k: 1, s: 1, p: 0 }),
  depthwise(112, 32, SAME),
  depthwise(14, 512, { k: 3, s: 2, p: 1 }),
  fused(56, 64, 128, { k: 3, s: 2, p: 1 }),
  row(
    'softmax 512x512',
    'softmax:m=512,n=512',
    { A: { shape: [512, 512] } },
    { kind: 'softmax', x: 'A' },
    { output: [512, 512] },
  ),
  row(
    'layer norm 128x768',
    'layer_norm:m=128,n=768',
    {
      X: { shape: [128, 768] },
      gamma: { shape: [768], constant: true },
      beta: { shape: [768], constant: true },
    },
    { kind: 'layer-norm', x: 'X' },
    { output: [128, 768] },
  ),
  pool('max-pool', 64, 56, HALVES),
  pool('avg-pool', 64, 56, HALVES),
  row(
    'relu 1048576',
    'relu:m=1,n=1048576',
    { X: { shape: [1, 1048576] } },
    { kind: 'relu', x: 'X' },
    { output: [1048576] },
  ),
  row(
    'add 1048576',
    'add:m=1024,n=1024',
    { A: { shape: [1024, 1024] }, B: { shape: [1024, 1024] } },
    { kind: 'add', a: 'A', b: 'B' },
    { output: [1024, 1024] },
  ),
  row(
    'GELU 128x3072',
    'gelu:m=128,n=3072',
    { X: { shape: [128, 3072] } },
    { kind: 'gelu', x: 'X' },
    { output: [128, 3072] },
  ),
];

export const SUITES: Readonly<Record<string, readonly Row[]>> = { ops: OPS };

/** The row of a name. @throws when there is none */
export function rowNamed(name: string): Row {
  const found = Object.values(SUITES)
    .flat()
    .find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no row ${name}`);
  return found;
}

/** What goes into a row's program: the same for everybody, numbers between -1 and 1. */
export function inputsOf({ name, inputs }: Row): ReadonlyMap<string, Float32Array> {
  return new Map(
    Object.entries(inputs).map(([input, { shape }]) => {
      const rng = createRng(0).fork(`${name} ${input}`);
      return [input, Float32Array.from({ length: elements(shape) }, () => 2 * rng.nextFloat() - 1)];
    }),
  );
}
