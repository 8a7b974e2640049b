/**
 * @file ONNX Runtime Web on its Wasm backend (MLAS), one thread, as its users run it: a session with the weights in the
 * model, channels first, a tensor in and a tensor out per run. It copies both, and that is part of its time.
 */
import { z } from 'zod';
import { foldNormalisation, inputNamed, permuted, type Prepare } from './contender.js';
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx-model.js';
import { loadPeer } from './peer-package.js';
import { outputExtent, type Operator, type Row, type Window } from './suite.js';

type Tensors = Readonly<Record<string, { readonly data: Float32Array | BigInt64Array }>>;

interface Ort {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    readonly create: (
      model: Uint8Array,
      options: { readonly executionProviders: readonly string[] },
    ) => Promise<{ readonly run: (feeds: Readonly<Record<string, object>>) => Promise<Tensors> }>;
  };
}

const OrtSchema = z.custom<Ort>((module) => {
  return typeof module === 'object' && module !== null && 'InferenceSession' in module;
});

export const prepareOrt: Prepare = async (row, inputs) => {
  const ort = OrtSchema.parse(await loadPeer('onnxruntime-web'));
  ort.env.wasm.numThreads = 1;
  const { graph, feeds } = modelOf(row, inputs);
  const session = await ort.InferenceSession.create(encodeModel(graph), { executionProviders: ['wasm'] });
  const given = Object.fromEntries(
    feeds.map(({ name, shape, values }) => [name, new ort.Tensor('float32', values, shape)]),
  );
  return {
    run: async () => {
      await session.run(given);
    },
    output: async () => {
      const { output } = await session.run(given);
      return inOurLayout(row, Array.from(output?.data ?? [], Number));
    },
  };
};

interface Model {
  readonly graph: OnnxGraph;
  readonly feeds: readonly OnnxTensor[];
}

/** Convolutions have their channels first here, and last in our programs. */
function inOurLayout(row: Row, values: readonly number[]): ArrayLike<number> {
  const { operator } = row;
  if (!('window' in operator) || operator.kind === 'max-pool' || operator.kind === 'avg-pool') return values;
  const [, h = 1, w = 1] = row.inputs['inputs']?.shape ?? [];
  const [out, wide] = [outputExtent(h, operator.window), outputExtent(w, operator.window)];
  const channels = values.length / (out * wide);
  return permuted(values, [channels, out, wide], [1, 2, 0]);
}

function modelOf(row: Row, inputs: ReadonlyMap<string, Float32Array>): Model {
  const { operator } = row;
  const tensor = (name: string): OnnxTensor => ({
    name,
    shape: row.inputs[name]?.shape ?? [],
    values: inputNamed(inputs, name),
  });
  const simple = (op: string, names: readonly string[], rest: Omit<OnnxNode, 'op' | 'inputs'> = {}): Model =>
    modelWith({ op, inputs: names, ...rest }, names.map(tensor), row);
  switch (operator.kind) {
    case 'matmul':
      return simple('MatMul', [operator.a, operator.b]);
    case 'add':
      return simple('Add', [operator.a, operator.b]);
    case 'dense':
      return simple('Gemm', [operator.x, operator.w, operator.bias], { attributes: { transB: 1 } });
    case 'conv':
    case 'depthwise':
    case 'conv-bn-relu':
      return convolution(row, operator, inputs);
    case 'max-pool':
    case 'avg-pool':
      return simple(operator.kind === 'max-pool' ? 'MaxPool' : 'AveragePool', [operator.x], {
        attributes: { kernel_shape: [operator.window.k, operator.window.k], ...stepsOf(operator.window) },
      });
    case 'softmax':
      return simple('Softmax', [operator.x], { attributes: { axis: 1 } });
    case 'layer-norm':
      return simple('LayerNormalization', [operator.x, 'gamma', 'beta'], {
        attributes: { axis: 1 },
        floats: { epsilon: 1e-5 },
      });
    case 'relu':
      return simple('Relu', [operator.x]);
    case 'gelu':
      return simple('Gelu', [operator.x]);
    case 'argmax':
      return simple('ArgMax', [operator.x], { attributes: { axis: 1, keepdims: 0 } });
    case 'transpose':
      return simple('Transpose', [operator.x], { attributes: { perm: [1, 0] } });
  }
}

function stepsOf({ s, p }: Window): Record<string, readonly number[]> {
  return { strides: [s, s], pads: [p, p, p, p] };
}

function modelWith(node: OnnxNode, tensors: readonly OnnxTensor[], row: Row): Model {
  const feeds = tensors.filter(({ name }) => row.inputs[name]?.constant === undefined);
  const weights = tensors.filter(({ name }) => row.inputs[name]?.constant !== undefined);
  const outputType = node.op === 'ArgMax' ? 'int64' : 'float32';
  return { graph: { inputs: feeds, weights, node, outputType }, feeds };
}

/** The batch normalisation is folded into weights and bias, as the runtime does when it loads a model. */
function convolution(
  row: Row,
  operator: Extract<Operator, { kind: 'conv' | 'depthwise' | 'conv-bn-relu' }>,
  inputs: ReadonlyMap<string, Float32Array>,
): Model {
  const [n = 1, h = 1, w = 1, ci = 1] = row.inputs['inputs']?.shape ?? [];
  const { window } = operator;
  const { k } = window;
  const image = {
    name: 'inputs',
    shape: [n, ci, h, w],
    values: permuted(inputNamed(inputs, 'inputs'), [n, h, w, ci], [0, 3, 1, 2]),
  };
  const isDepthwise = operator.kind === 'depthwise';
  const folded = operator.kind === 'conv-bn-relu' ? foldNormalisation(inputs) : null;
  const values = folded?.scaled ?? inputNamed(inputs, 'weight');
  const perGroup = isDepthwise ? 1 : ci;
  const co = values.length / (k * k * perGroup);
  const weight = {
    name: 'weight',
    shape: [co, perGroup, k, k],
    values: permuted(values, [k, k, perGroup, co], [3, 2, 0, 1]),
  };
  const bias = folded === null ? [] : [{ name: 'bias', shape: [co], values: folded.bias }];
  const node: OnnxNode = {
    op: 'Conv',
    inputs: ['inputs', 'weight', ...bias.map(({ name }) => name)],
    attributes: { kernel_shape: [k, k], group: isDepthwise ? ci : 1, ...stepsOf(window) },
    ...(folded !== null && { then: 'Relu' }),
  };
  return modelWith(node, [image, weight, ...bias], row);
}
