/** @file The built-in workloads by name, and the text that names one: `matmul:m=128,n=128,k=128`. */
import type { PrimFunc } from '../ir/prim-func.js';
import { InputError } from '../support/errors.js';
import { nearestName } from './nearest-name.js';
import {
  conv1dNlc,
  conv2dBiasBnRelu,
  conv2dNchwWorkload,
  conv2dNhwc,
  conv3dNdhwc,
  dilatedConv2dNhwc,
  groupConv2dNhwc,
} from './workloads/convolution.js';
import { addMatrices, geluMatrix, reluMatrix, vecadd, windowSum } from './workloads/elementwise.js';
import {
  batchMatmulWorkload,
  linear,
  matmul,
  matmulRelu,
  mmNt,
  transposeBatchMatmul,
} from './workloads/matmul.js';
import { layerNormRows, normBatch, softmaxRows } from './workloads/normalization.js';
import { avgPool2d, maxPool2d } from './workloads/pooling.js';
import { conv2dCapsule, conv2dTranspose, depthwiseConv2d } from './workloads/special-convolution.js';
import type { Params, ParamSpec, Workload } from './workloads/workload.js';

export const WORKLOAD_NAMES = [
  'vecadd',
  'add',
  'relu',
  'gelu',
  'window_sum',
  'matmul',
  'matmul_relu',
  'mm_nt',
  'linear',
  'batch_matmul',
  'transpose_batch_matmul',
  'conv1d_nlc',
  'conv2d_nhwc',
  'group_conv2d_nhwc',
  'dilated_conv2d_nhwc',
  'conv2d_nchw',
  'conv3d_ndhwc',
  'depthwise_conv2d_nhwc',
  'conv2d_transpose_nhwc',
  'conv2d_capsule_nhwijc',
  'conv2d_bias_bn_relu',
  'max_pool2d_nchw',
  'avg_pool2d_nchw',
  'softmax',
  'norm',
  'layer_norm',
] as const;

export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

export const WORKLOADS: { readonly [N in WorkloadName]: Workload } = {
  vecadd,
  add: addMatrices,
  relu: reluMatrix,
  gelu: geluMatrix,
  window_sum: windowSum,
  matmul,
  matmul_relu: matmulRelu,
  mm_nt: mmNt,
  linear,
  batch_matmul: batchMatmulWorkload,
  transpose_batch_matmul: transposeBatchMatmul,
  conv1d_nlc: conv1dNlc,
  conv2d_nhwc: conv2dNhwc,
  group_conv2d_nhwc: groupConv2dNhwc,
  dilated_conv2d_nhwc: dilatedConv2dNhwc,
  conv2d_nchw: conv2dNchwWorkload,
  conv3d_ndhwc: conv3dNdhwc,
  depthwise_conv2d_nhwc: depthwiseConv2d,
  conv2d_transpose_nhwc: conv2dTranspose,
  conv2d_capsule_nhwijc: conv2dCapsule,
  conv2d_bias_bn_relu: conv2dBiasBnRelu,
  max_pool2d_nchw: maxPool2d,
  avg_pool2d_nchw: avgPool2d,
  softmax: softmaxRows,
  norm: normBatch,
  layer_norm: layerNormRows,
};

/** A workload with a value for each of its parameters, all within their limits. */
export interface WorkloadSpec {
  readonly name: WorkloadName;
  readonly params: Params;
}

export interface BuiltWorkload {
  readonly func: PrimFunc;
  /** The spec with every parameter, in the table's order: equal for equal workloads. */
  readonly spec: string;
}

/**
 * Reads `name` or `name:key=value,key=value`. Parameters that are left out have their defaults.
 * @throws InputError `UNKNOWN_WORKLOAD`, `UNKNOWN_PARAMETER`, `BAD_PARAMETER`, with the column of the fault.
 */
export function parseWorkloadSpec(text: string): WorkloadSpec {
  const colon = text.indexOf(':');
  const name = (colon === -1 ? text : text.slice(0, colon)).trim();
  if (!isWorkloadName(name)) {
    const known = nearestName(name, WORKLOAD_NAMES);
    const hint = known === null ? `known are ${WORKLOAD_NAMES.join(', ')}` : `did you mean ${known}?`;
    throw new InputError('UNKNOWN_WORKLOAD', `there is no workload ${quoted(name)}; ${hint}`, {
      column: 1,
      text: shortened(name),
    });
  }
  const declared = WORKLOADS[name].params;
  const given = colon === -1 ? new Map<string, number>() : readParams(text, colon + 1, name);
  return {
    name,
    params: Object.fromEntries(
      Object.entries(declared).map(([key, param]) => [key, given.get(key) ?? param.default]),
    ),
  };
}

export function printWorkloadSpec({ name, params }: WorkloadSpec): string {
  const values = Object.keys(WORKLOADS[name].params).map((key) => `${key}=${params[key]}`);
  return `${name}:${values.join(',')}`;
}

/**
 * The program that a spec names.
 * @throws InputError as `parseWorkloadSpec`, and `BAD_PARAMETER` or `BAD_SHAPE` when the parameters do not fit together.
 */
export function buildWorkload(text: string): BuiltWorkload {
  const spec = parseWorkloadSpec(text);
  return { func: WORKLOADS[spec.name].build(spec.params), spec: printWorkloadSpec(spec) };
}

function isWorkloadName(name: string): name is WorkloadName {
  return Object.hasOwn(WORKLOADS, name);
}

/** The `key=value` pairs of `text` from `start` on. */
function readParams(text: string, start: number, name: WorkloadName): Map<string, number> {
  const given = new Map<string, number>();
  const declared = new Map(Object.entries(WORKLOADS[name].params));
  let column = start + 1;
  for (const item of text.slice(start).split(',')) {
    const fault = (code: string, message: string): InputError =>
      new InputError(code, `${name}: ${message}`, { column, text: shortened(item) });
    const equals = item.indexOf('=');
    const key = (equals === -1 ? item : item.slice(0, equals)).trim();
    const value = equals === -1 ? '' : item.slice(equals + 1).trim();
    const param = declared.get(key);
    if (param === undefined) {
      const known = [...declared.keys()].join(', ');
      throw fault('UNKNOWN_PARAMETER', `there is no parameter ${quoted(key)}; known are ${known}`);
    }
    if (given.has(key)) throw fault('BAD_PARAMETER', `${key} is given twice`);
    const number = readInteger(value, param);
    if (number === null) {
      throw fault(
        'BAD_PARAMETER',
        `${key} must be an integer from ${param.min} to ${param.max}, not ${quoted(value)}`,
      );
    }
    given.set(key, number);
    column += item.length + 1;
  }
  return given;
}

function readInteger(text: string, { min, max }: ParamSpec): number | null {
  if (!/^\d{1,15}$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

/** Text of a caller as it may stand in a message. */
function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
