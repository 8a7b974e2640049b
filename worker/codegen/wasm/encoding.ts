/**
 * @file Bytes of the Wasm binary format: a growable byte buffer with LEB128 numbers, IEEE floats and length-prefixed
 * names. Emission is on the hot path of a search, so bytes go into typed arrays, never into arrays of numbers.
 */
import { InternalError } from '../../../shared/support/errors.js';

/** An append-only byte buffer. */
export interface ByteSink {
  /** Bytes written so far. */
  readonly size: () => number;
  readonly byte: (value: number) => void;
  /** Unsigned LEB128 of an integer in [0, 2^32). */
  readonly u32: (value: number) => void;
  /** Signed LEB128 of an integer in [-2^31, 2^31). */
  readonly s32: (value: number) => void;
  /** Signed LEB128 of an integer in [-2^63, 2^63). */
  readonly s64: (value: bigint) => void;
  readonly f32: (value: number) => void;
  readonly f64: (value: number) => void;
  readonly bytes: (values: Uint8Array) => void;
  /** UTF-8 text, preceded by its length in bytes. */
  readonly name: (text: string) => void;
  /** A copy of what was written. */
  readonly toBytes: () => Uint8Array;
}

const INITIAL_BYTES = 1024;
/** A LEB128 number of 64 bits takes at most this many bytes; so does a float. */
const MAX_NUMBER_BYTES = 10;

/** Bytes that were written, in a buffer with room for more. */
interface Growing {
  buffer: Uint8Array;
  view: DataView;
  end: number;
}

export function createByteSink(): ByteSink {
  const buffer = new Uint8Array(INITIAL_BYTES);
  const out: Growing = { buffer, view: new DataView(buffer.buffer), end: 0 };
  const bytes = (values: Uint8Array): void => {
    reserve(out, values.length);
    out.buffer.set(values, out.end);
    out.end += values.length;
  };
  return {
    size: () => out.end,
    byte(value) {
      reserve(out, 1);
      out.buffer[out.end++] = value;
    },
    u32: (value) => {
      writeU32(out, value);
    },
    s32: (value) => {
      writeS32(out, value);
    },
    s64: (value) => {
      writeS64(out, value);
    },
    f32(value) {
      reserve(out, MAX_NUMBER_BYTES);
      out.view.setFloat32(out.end, value, true);
      out.end += 4;
    },
    f64(value) {
      reserve(out, MAX_NUMBER_BYTES);
      out.view.setFloat64(out.end, value, true);
      out.end += 8;
    },
    bytes,
    name(text) {
      const encoded = new TextEncoder().encode(text);
      writeU32(out, encoded.length);
      bytes(encoded);
    },
    toBytes: () => out.buffer.slice(0, out.end),
  };
}

function reserve(out: Growing, count: number): void {
  if (out.end + count <= out.buffer.length) return;
  const grown = new Uint8Array(Math.max(out.buffer.length * 2, out.end + count));
  grown.set(out.buffer);
  out.buffer = grown;
  out.view = new DataView(grown.buffer);
}

// The messages below are made in case of need only: this is the innermost loop of emission.

function writeU32(out: Growing, value: number): void {
  if (value >>> 0 !== value) throw new InternalError(`${value} is not a u32`);
  reserve(out, MAX_NUMBER_BYTES);
  let rest = value;
  while (rest >= 0x80) {
    out.buffer[out.end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out.buffer[out.end++] = rest;
}

function writeS32(out: Growing, value: number): void {
  if ((value | 0) !== value) throw new InternalError(`${value} is not an i32`);
  reserve(out, MAX_NUMBER_BYTES);
  let rest = value;
  while (rest < -0x40 || rest > 0x3f) {
    out.buffer[out.end++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  out.buffer[out.end++] = rest & 0x7f;
}

function writeS64(out: Growing, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) throw new InternalError(`${value} is not an i64`);
  reserve(out, MAX_NUMBER_BYTES);
  let rest = value;
  while (rest < -0x40n || rest > 0x3fn) {
    out.buffer[out.end++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out.buffer[out.end++] = Number(rest & 0x7fn);
}
