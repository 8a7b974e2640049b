/** @file Reading traces from JSON, strictly: whatever is not a trace is refused with the place of the first fault. */
import { isIndexMap, type IndexMap } from '../arith/index-map.js';
import { parseIndexMap } from '../script/index-map-text.js';
import { InputError } from '../support/errors.js';
import {
  SIGNATURES,
  type ArgSort,
  type Decision,
  type Instruction,
  type InstructionKind,
  type Signature,
  type Trace,
} from './instruction.js';
import { createRV, isRV, type RV, type RVKind } from './random-variable.js';
import { SPREAD_SORTS } from './trace-json.js';
import { NAME_PREFIX } from './trace-names.js';

/** Nesting of annotation values; more than anybody needs, and little enough for the stack. */
const MAX_VALUE_DEPTH = 16;

/** Names that TVM used before 2026. */
const OLD_KINDS: ReadonlyMap<string, InstructionKind> = new Map([['GetBlock', 'GetSBlock']]);

type Names = Map<string, RV>;

/**
 * Reads a trace from parsed JSON.
 *
 * @throws InputError with the JSON pointer of the fault: `TRACE_MALFORMED` (not of the shape of a trace),
 * `TRACE_UNKNOWN_INSTRUCTION`, `TRACE_UNKNOWN_VARIABLE`, `TRACE_BAD_ARGUMENT`, `TRACE_BAD_DECISION`.
 */
export function traceFromJson(json: unknown): Trace {
  const [instructions, decided] = tuple(json, 2, '', 'a trace is [instructions, decisions]');
  const names: Names = new Map();
  const insts = list(instructions, '/0', 'instructions').map((item, i) => parseInstruction(item, i, names));
  const decisions = new Map<Instruction, Decision>();
  list(decided, '/1', 'decisions').forEach((item, i) => {
    const pointer = `/1/${i}`;
    const [index, decision] = tuple(item, 2, pointer, 'a decision is [instruction index, decision]');
    const inst = typeof index === 'number' ? insts[index] : undefined;
    if (inst === undefined) throw bad('TRACE_BAD_DECISION', `${pointer}/0`, 'there is no such instruction');
    if (decisions.has(inst)) throw bad('TRACE_BAD_DECISION', `${pointer}/0`, 'it is decided twice');
    decisions.set(inst, parseDecision(inst, decision, `${pointer}/1`));
  });
  return { insts, decisions };
}

function bad(code: string, pointer: string, what: string): InputError {
  return new InputError(code, `trace, at ${pointer === '' ? 'the top' : pointer}: ${what}`, { pointer });
}

function list(json: unknown, pointer: string, what: string): readonly unknown[] {
  if (!Array.isArray(json)) throw bad('TRACE_MALFORMED', pointer, `${what} must be a list`);
  return json;
}

function tuple(json: unknown, length: number, pointer: string, what: string): readonly unknown[] {
  if (!Array.isArray(json) || json.length !== length) throw bad('TRACE_MALFORMED', pointer, what);
  return json;
}

function isKind(kind: string): kind is InstructionKind {
  return Object.hasOwn(SIGNATURES, kind);
}

function parseInstruction(json: unknown, index: number, names: Names): Instruction {
  const pointer = `/0/${index}`;
  const what = 'an instruction is [kind, inputs, attributes, outputs]';
  const [name, inputs, attrs, outputs] = tuple(json, 4, pointer, what);
  if (typeof name !== 'string') throw bad('TRACE_MALFORMED', `${pointer}/0`, 'the kind must be a string');
  const kind = OLD_KINDS.get(name) ?? name;
  if (!isKind(kind)) {
    throw bad(
      'TRACE_UNKNOWN_INSTRUCTION',
      `${pointer}/0`,
      `instruction ${index} has the unknown kind ${name}`,
    );
  }
  const signature: Signature = SIGNATURES[kind];
  const args = {
    ...parseInputs(signature, list(inputs, `${pointer}/1`, 'inputs'), `${pointer}/1`, names),
    ...parseAttrs(signature, list(attrs, `${pointer}/2`, 'attributes'), `${pointer}/2`),
  };
  const defined = parseOutputs(signature, list(outputs, `${pointer}/3`, 'outputs'), `${pointer}/3`, names);
  // The signature's sorts have been checked one by one; that they make up the type of `kind` is what they are for.
  return { kind, args, outputs: defined } as Instruction;
}

function parseInputs(
  signature: Signature,
  items: readonly unknown[],
  pointer: string,
  names: Names,
): Record<string, unknown> {
  const values = items.map((item, i) => parseInput(item, `${pointer}/${i}`, names, 0));
  const args: Record<string, unknown> = {};
  let next = 0;
  for (const [name, sort] of Object.entries(signature.inputs)) {
    const isSpread = SPREAD_SORTS.has(sort);
    const value: unknown = isSpread ? values.slice(next) : values[next];
    if (!ACCEPTS[sort](value))
      throw bad('TRACE_BAD_ARGUMENT', `${pointer}/${next}`, `${name} must be ${WORDS[sort]}`);
    args[name] = value;
    next = isSpread ? values.length : next + 1;
  }
  if (next !== values.length)
    throw bad('TRACE_BAD_ARGUMENT', `${pointer}/${next}`, 'there are too many inputs');
  return args;
}

function parseInput(json: unknown, pointer: string, names: Names, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw bad('TRACE_MALFORMED', pointer, 'the value is nested too deeply');
  const inner = (item: unknown, key: string | number): unknown =>
    parseInput(item, `${pointer}/${key}`, names, depth + 1);
  if (Array.isArray(json)) return json.map(inner);
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, inner(item, key)]));
  }
  if (typeof json !== 'string') return json;
  if (json === 'None') return null;
  if (json.length >= 2 && json.startsWith('"') && json.endsWith('"')) return json.slice(1, -1);
  if (json.startsWith('lambda ')) return parseMap(json, pointer);
  const rv = names.get(json);
  if (rv === undefined) throw bad('TRACE_UNKNOWN_VARIABLE', pointer, `${json} is not defined before`);
  return rv;
}

function parseMap(text: string, pointer: string): IndexMap {
  try {
    return parseIndexMap(text);
  } catch (error) {
    if (error instanceof InputError) throw bad('TRACE_BAD_ARGUMENT', pointer, error.message);
    throw error;
  }
}

function parseAttrs(
  signature: Signature,
  items: readonly unknown[],
  pointer: string,
): Record<string, unknown> {
  const sorts = Object.entries(signature.attrs);
  const args: Record<string, unknown> = {};
  sorts.forEach(([name, sort], i) => {
    const item = sort === 'bool' ? parseFlag(i < items.length ? items[i] : false) : items[i];
    if (!ACCEPTS[sort](item))
      throw bad('TRACE_BAD_ARGUMENT', `${pointer}/${i}`, `${name} must be ${WORDS[sort]}`);
    args[name] = item;
  });
  if (items.length > sorts.length) {
    throw bad('TRACE_BAD_ARGUMENT', `${pointer}/${sorts.length}`, 'there are too many attributes');
  }
  return args;
}

function parseFlag(item: unknown): unknown {
  return item === 1 ? true : item === 0 ? false : item;
}

const OUTPUT_KINDS: { readonly [O in Signature['outputs']]: RVKind | null } = {
  block: 'BlockRV',
  blocks: 'BlockRV',
  loop: 'LoopRV',
  loops: 'LoopRV',
  expr: 'ExprRV',
  exprs: 'ExprRV',
  none: null,
};

function parseOutputs(
  { outputs }: Signature,
  items: readonly unknown[],
  pointer: string,
  names: Names,
): RV[] {
  const kind = OUTPUT_KINDS[outputs];
  const isList = outputs.endsWith('s');
  const expected = kind === null ? 0 : 1;
  if (!isList && items.length !== expected) {
    throw bad('TRACE_MALFORMED', pointer, `it must have ${expected} output(s), not ${items.length}`);
  }
  return items.map((name, i) => {
    const isName = kind !== null && typeof name === 'string' && /^[blv]\d+$/.test(name);
    if (!isName || !name.startsWith(NAME_PREFIX[kind])) {
      throw bad('TRACE_MALFORMED', `${pointer}/${i}`, 'it is no name of such an output');
    }
    if (names.has(name)) throw bad('TRACE_MALFORMED', `${pointer}/${i}`, `${name} is defined twice`);
    const rv = createRV(kind);
    names.set(name, rv);
    return rv;
  });
}

function parseDecision(inst: Instruction, json: unknown, pointer: string): Decision {
  const { decision }: Signature = SIGNATURES[inst.kind];
  if (decision === null) throw bad('TRACE_BAD_DECISION', pointer, `${inst.kind} decides nothing`);
  if (decision === 'index' && isInt(json)) return json;
  if (decision === 'tile' && isListOf(json, isInt) && json.length > 0) return json;
  const what = decision === 'index' ? 'an integer' : 'a list of integers';
  throw bad('TRACE_BAD_DECISION', pointer, `a decision of ${inst.kind} is ${what}`);
}

const isInt = (x: unknown): x is number => Number.isSafeInteger(x);
const isBlock = (x: unknown): boolean => isRV(x) && x.kind === 'BlockRV';
const isLoop = (x: unknown): boolean => isRV(x) && x.kind === 'LoopRV';
const isFactor = (x: unknown): boolean => x === null || isInt(x) || (isRV(x) && x.kind === 'ExprRV');

function isListOf<T>(x: unknown, accepts: (item: unknown) => item is T): x is T[];
function isListOf(x: unknown, accepts: (item: unknown) => boolean): boolean;
function isListOf(x: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(x) && x.every(accepts);
}

/** Annotation values: no blocks, loops or index maps in them. */
function isValue(x: unknown): boolean {
  if (isRV(x)) return x.kind === 'ExprRV';
  if (isIndexMap(x)) return false;
  if (typeof x === 'object' && x !== null) return Object.values(x).every(isValue);
  return x !== undefined;
}

const ACCEPTS: { readonly [S in ArgSort]: (x: unknown) => boolean } = {
  block: isBlock,
  blocks: (x) => isListOf(x, isBlock),
  loop: isLoop,
  loops: (x) => isListOf(x, isLoop),
  location: isLoop,
  blockOrLoop: (x) => isBlock(x) || isLoop(x),
  factors: (x) => isListOf(x, isFactor),
  value: isValue,
  indexMap: isIndexMap,
  optionalNumber: (x) => x === null || typeof x === 'number',
  string: (x) => typeof x === 'string',
  int: isInt,
  bool: (x) => typeof x === 'boolean',
  ints: (x) => isListOf(x, isInt),
  floats: (x) => isListOf(x, (item) => typeof item === 'number'),
};

const WORDS: { readonly [S in ArgSort]: string } = {
  block: 'a block',
  blocks: 'a list of blocks',
  loop: 'a loop',
  loops: 'loops',
  location: 'a loop',
  blockOrLoop: 'a block or a loop',
  factors: 'integers, sampled values or "None"',
  indexMap: 'an index map',
  optionalNumber: 'a number or null',
  value: 'a number, a string, a sampled value, or a list or map of such',
  string: 'a string',
  int: 'an integer',
  bool: 'a flag: 0, 1, true or false',
  ints: 'a list of integers',
  floats: 'a list of numbers',
};
