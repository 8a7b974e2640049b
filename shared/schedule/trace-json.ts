/**
 * @file Traces as JSON, in TVM's shape: `[[[kind, inputs, attrs, outputs], …], [[index, decision], …]]`.
 *
 * Random variables are written by name, an absent value as `"None"`, and a string among the inputs in quotes of its
 * own, which tells it from a name. Index maps are written as Python's lambdas, where TVM embeds a graph. Flags are written as 1 and 0; true and false are read as well. Files of older
 * releases are read: `GetBlock` is `GetSBlock`, and a flag that is missing at the end is false.
 */
import { isIndexMap, type IndexMap } from '../arith/index-map.js';
import { printIndexMap } from '../script/index-map-text.js';
import { lookup } from '../support/errors.js';
import {
  SIGNATURES,
  type ArgSort,
  type Decision,
  type Instruction,
  type RVValue,
  type Signature,
  type Trace,
} from './instruction.js';
import { isRV, type RV } from './random-variable.js';
import { namesOf } from './trace-names.js';

export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export type InstructionJson = [kind: string, inputs: Json[], attrs: Json[], outputs: string[]];

export type TraceJson = [instructions: InstructionJson[], decisions: [index: number, decision: Json][]];

/** Sorts whose elements stand among the inputs one by one; they come last. */
export const SPREAD_SORTS: ReadonlySet<ArgSort> = new Set<ArgSort>(['loops', 'factors']);

export function traceToJson(trace: Trace): TraceJson {
  const names = namesOf(trace);
  const decisions = trace.insts.flatMap((inst, index): [number, Json][] => {
    const decision = trace.decisions.get(inst);
    return decision === undefined ? [] : [[index, encodeDecision(decision)]];
  });
  return [trace.insts.map((inst) => encodeInstruction(inst, names)), decisions];
}

function encodeInstruction(inst: Instruction, names: ReadonlyMap<RV, string>): InstructionJson {
  const { inputs, attrs }: Signature = SIGNATURES[inst.kind];
  const recorded: Readonly<Record<string, unknown>> = inst.args;
  return [
    inst.kind,
    Object.entries(inputs).flatMap(([name, sort]) => {
      const value = encodeInput(recorded[name] as Input, names);
      return SPREAD_SORTS.has(sort) && Array.isArray(value) ? value : [value];
    }),
    Object.keys(attrs).map((name) => encodeAttr(recorded[name] as Json)),
    inst.outputs.map((rv) => lookup(names, rv, 'a name')),
  ];
}

function encodeDecision(decision: Decision): Json {
  return typeof decision === 'number' ? decision : [...decision];
}

/** What may stand among inputs. */
type Input = RVValue | RV | IndexMap | readonly Input[];

function encodeInput(value: Input, names: ReadonlyMap<RV, string>): Json {
  if (isRV(value)) return lookup(names, value, 'a name');
  if (value === null) return 'None';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value !== 'object') return value;
  if (isIndexMap(value)) return printIndexMap(value);
  if (isList(value)) return value.map((item) => encodeInput(item, names));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encodeInput(item, names)]));
}

function isList(value: Input): value is readonly Input[] {
  return Array.isArray(value);
}

function encodeAttr(value: Json): Json {
  return typeof value === 'boolean' ? Number(value) : value;
}
