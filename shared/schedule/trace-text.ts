/** @file Traces as Python text for people, in the form that TVM prints. */
import { isIndexMap } from '../arith/index-map.js';
import { printIndexMap } from '../script/index-map-text.js';
import { lookup } from '../support/errors.js';
import {
  BUFFER_INDEX_TYPES,
  SIGNATURES,
  type Decision,
  type Instruction,
  type InstructionKind,
  type Trace,
} from './instruction.js';
import { isRV, type RV } from './random-variable.js';
import { namesOf } from './trace-names.js';

/** Where TVM's order of parameters is not that of the recorded inputs and attributes. */
const PARAMETER_ORDER: { readonly [K in InstructionKind]?: readonly string[] } = {
  Annotate: ['blockOrLoop', 'annKey', 'annVal'],
  CacheRead: ['block', 'readBufferIndex', 'storageScope', 'consumerBlocks'],
  TransformLayout: ['block', 'buffer', 'indexMap', 'padValue', 'assumeInjectiveTransform'],
  CacheWrite: ['block', 'writeBufferIndex', 'storageScope', 'consumerBlocks'],
};

/** The parameters that are passed without their names; lists among them are spread. */
const POSITIONAL: { readonly [K in InstructionKind]?: string } = {
  Fuse: 'loops',
  Reorder: 'loops',
  GetChildBlocks: 'blockOrLoop',
};

/** `("write", 0)`: the parameter in which TVM's text puts the two that say which buffer. */
function bufferText({ bufferIndex, bufferIndexType }: Readonly<Record<string, unknown>>): string {
  return `("${BUFFER_INDEX_TYPES[Number(bufferIndexType)] ?? '?'}", ${Number(bufferIndex)})`;
}

/** Parameters that are left out when they are empty lists. */
const OMITTED_WHEN_EMPTY = 'consumerBlocks';

/** The trace as a Python function; it ends without a newline. */
export function traceToText(trace: Trace): string {
  const names = namesOf(trace);
  const lines = trace.insts.map((inst) => `  ${textOf(inst, trace.decisions.get(inst), names)}`);
  return [
    '# from tvm import s_tir',
    'def apply_trace(sch: s_tir.Schedule) -> None:',
    ...(lines.length === 0 ? ['  pass'] : lines),
  ].join('\n');
}

function textOf(inst: Instruction, decision: Decision | undefined, names: ReadonlyMap<RV, string>): string {
  const { method, inputs, attrs, outputs } = SIGNATURES[inst.kind];
  const recorded: Readonly<Record<string, unknown>> = inst.args;
  const order = PARAMETER_ORDER[inst.kind] ?? [...Object.keys(inputs), ...Object.keys(attrs)];
  const parts = order.flatMap((name) => {
    const value = recorded[name];
    const text = name === 'buffer' ? bufferText(recorded) : printValue(value, names);
    if (name === POSITIONAL[inst.kind]) return Array.isArray(value) ? text.slice(1, -1) : text;
    if (name === OMITTED_WHEN_EMPTY && Array.isArray(value) && value.length === 0) return [];
    return `${snakeCase(name)}=${text}`;
  });
  if (decision !== undefined) parts.push(`decision=${printValue(decision, names)}`);
  const call = `sch.${method}(${parts.join(', ')})`;
  if (inst.outputs.length === 0) return call;
  const targets = inst.outputs.map((rv) => lookup(names, rv, 'a name')).join(', ');
  const isLoneOfList = inst.outputs.length === 1 && outputs.endsWith('s');
  return `${targets}${isLoneOfList ? ',' : ''} = ${call}`;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function printValue(value: unknown, names: ReadonlyMap<RV, string>): string {
  if (isRV(value)) return names.get(value) ?? '_';
  if (isIndexMap(value)) return printIndexMap(value);
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map((item) => printValue(item, names)).join(', ')}]`;
  if (typeof value === 'object') {
    const items = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${printValue(item, names)}`,
    );
    return `{${items.join(', ')}}`;
  }
  return JSON.stringify(value);
}
