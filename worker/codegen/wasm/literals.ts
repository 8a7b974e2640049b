/**
 * @file Constants. Scalars are pushed where they are used. Vectors are made once, at the start of the function, and
 * kept in locals: not every engine moves them out of loops, and making one takes two or three machine instructions.
 */
import { invariant } from '../../../shared/support/errors.js';
import type { Assembler, StraightLine } from './assembler.js';
import type { LocalIndex } from './function-locals.js';
import { lanesOf, type ScalarShape, type VectorShape } from './value-types.js';

type ConstantPusher = Pick<Assembler, 'i32' | 'i64' | 'f32' | 'f64'>;

/** Pushes a scalar. Integers beyond the range of their type wrap around. */
export function pushLiteral(as: ConstantPusher, shape: ScalarShape, value: number | bigint): void {
  switch (shape) {
    case 'i32':
      return as.i32(typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0);
    case 'i64':
      return as.i64(BigInt.asIntN(64, BigInt(value)));
    case 'f32':
      return as.f32(Number(value));
    case 'f64':
      return as.f64(Number(value));
  }
}

/** Vectors of literals, each made once in a function. */
export interface VectorConstants {
  /** Pushes a vector with the same value in all lanes. */
  readonly splat: (shape: VectorShape, value: number | bigint) => void;
  /** Pushes a vector of one value per lane; missing ones are 0. */
  readonly lanes: (shape: VectorShape, values: readonly number[]) => void;
}

const SCALAR_OF = { i32x4: 'i32', i64x2: 'i64', f32x4: 'f32', f64x2: 'f64' } as const;

export function createVectorConstants(as: Assembler): VectorConstants {
  const known = new Map<string, LocalIndex>();

  function pushOnce(key: string, make: (start: StraightLine) => void): void {
    const local = known.get(key) ?? as.local('v128');
    if (!known.has(key)) {
      known.set(key, local);
      as.atStart((start) => {
        make(start);
        start.set(local);
      });
    }
    as.get(local);
  }

  return {
    splat(shape, value) {
      pushOnce(`${shape} ${keyOf(value)}`, (start) => {
        pushLiteral(start, SCALAR_OF[shape], value);
        start.op(`${shape}.splat`);
      });
    },
    lanes(shape, values) {
      pushOnce(`${shape} ${values.map(keyOf).join()}`, (start) => {
        start.v128(bytesOfLanes(shape, values));
      });
    },
  };
}

function keyOf(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function bytesOfLanes(shape: VectorShape, values: readonly number[]): Uint8Array {
  invariant(values.length <= lanesOf(shape), `${shape} has fewer than ${values.length} lanes`);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [lane, value] of values.entries()) {
    if (shape === 'i32x4') view.setInt32(lane * 4, value, true);
    else if (shape === 'i64x2') view.setBigInt64(lane * 8, BigInt(value), true);
    else if (shape === 'f32x4') view.setFloat32(lane * 4, value, true);
    else view.setFloat64(lane * 8, value, true);
  }
  return bytes;
}
