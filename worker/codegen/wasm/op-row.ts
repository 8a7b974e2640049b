/** @file Rows of the instruction table, and the notation in which the table is written. */
import { InternalError } from '../../../shared/support/errors.js';

export const VALUE_TYPES = ['i32', 'i64', 'f32', 'f64', 'v128'] as const;

export type WasmType = (typeof VALUE_TYPES)[number];

const TYPE_CODES: { readonly [T in WasmType]: number } = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
/** The byte of a type in the binary format. */
export function codeOfType(type: WasmType): number {
  return TYPE_CODES[type];
}

export interface OpRow {
  /** One byte, or `prefix << 16 | number` for the two prefixed groups (0xfc and 0xfd). */
  readonly code: number;
  /** Operands, the last one on top of the stack. */
  readonly params: readonly WasmType[];
  readonly result: WasmType | null;
}

export interface MemoryOpRow extends OpRow {
  /** Bytes that are read or written, which is also the natural alignment. */
  readonly bytes: number;
}

export interface LaneOpRow extends OpRow {
  readonly lanes: number;
}

type Rows<T, Row> = { readonly [K in keyof T]: Row };

function mapRows<T extends object, Row>(table: T, row: (value: T[keyof T]) => Row): Rows<T, Row> {
  const entries = Object.entries(table).map(([name, value]) => [name, row(value as T[keyof T])]);
  return Object.fromEntries(entries) as Rows<T, Row>;
}

function typeNamed(name: string): WasmType {
  const type = VALUE_TYPES.find((candidate) => candidate === name);
  if (type === undefined) throw new InternalError(`${name} is not a Wasm type`);
  return type;
}

/** Rows that share a signature, written like `i32 i32 -> i32`. */
export function ops<T extends Record<string, number>>(signature: string, codes: T): Rows<T, OpRow> {
  const [left = '', right = ''] = signature.split(' -> ');
  const params = left.split(' ').map(typeNamed);
  const result = typeNamed(right);
  return mapRows(codes, (code) => ({ code, params, result }));
}

/** Loads of a type, as `[code, bytes read]`. */
export function loads<T extends Record<string, readonly [number, number]>>(
  result: WasmType,
  codes: T,
): Rows<T, MemoryOpRow> {
  return mapRows(codes, ([code, bytes]) => ({ code, params: ['i32'], result, bytes }));
}

/** Stores of a type, as `[code, bytes written]`. */
export function stores<T extends Record<string, readonly [number, number]>>(
  value: WasmType,
  codes: T,
): Rows<T, MemoryOpRow> {
  return mapRows(codes, ([code, bytes]) => ({ code, params: ['i32', value], result: null, bytes }));
}

/** Loads of one lane of a vector, as `[code, bytes read]`. */
export function laneLoads<T extends Record<string, readonly [number, number]>>(
  codes: T,
): Rows<T, MemoryOpRow & LaneOpRow> {
  return mapRows(codes, ([code, bytes]) => ({
    code,
    params: ['i32', 'v128'],
    result: 'v128',
    bytes,
    lanes: 16 / bytes,
  }));
}

/** Lane instructions of a shape of `lanes` lanes: extraction and replacement of a `scalar`. */
export function laneOps<E extends string, R extends string>(
  shape: { readonly lanes: number; readonly scalar: WasmType },
  extract: readonly [E, number],
  replace: readonly [R, number],
): Rows<Record<E | R, unknown>, LaneOpRow> {
  const { lanes, scalar } = shape;
  const rows: Record<string, LaneOpRow> = {
    [extract[0]]: { code: extract[1], params: ['v128'], result: scalar, lanes },
    [replace[0]]: { code: replace[1], params: ['v128', scalar], result: 'v128', lanes },
  };
  return rows as Rows<Record<E | R, unknown>, LaneOpRow>;
}
