/** @file The part of the mathematical machine that is the same for all shapes but for a prefix. */
import type { Assembler } from '../assembler.js';
import { composer, type Arithmetic, type FloatShape } from './ops.js';

const BITS = { f32: 'i32', f64: 'i64', f32x4: 'i32x4', f64x2: 'i64x2' } as const;

/** Names of a shape's instructions, put together once. */
function namesOf<F extends FloatShape>(f: F) {
  const i = BITS[f];
  return {
    add: `${f}.add`,
    sub: `${f}.sub`,
    mul: `${f}.mul`,
    div: `${f}.div`,
    sqrt: `${f}.sqrt`,
    abs: `${f}.abs`,
    ceil: `${f}.ceil`,
    floor: `${f}.floor`,
    trunc: `${f}.trunc`,
    nearest: `${f}.nearest`,
    less: `${f}.lt`,
    equal: `${f}.eq`,
    unequal: `${f}.ne`,
    bitsAdd: `${i}.add`,
    bitsSub: `${i}.sub`,
  } as const;
}

type Names = ReturnType<typeof namesOf>;

const NAMES: { readonly [F in FloatShape]: Names } = {
  f32: namesOf('f32'),
  f64: namesOf('f64'),
  f32x4: namesOf('f32x4'),
  f64x2: namesOf('f64x2'),
};

export function arithmeticOps(as: Assembler, shape: FloatShape): Arithmetic {
  const names = NAMES[shape];
  const { unary, binary } = composer(as);
  return {
    add: (a, b) => binary(names.add, a, b),
    sub: (a, b) => binary(names.sub, a, b),
    mul: (a, b) => binary(names.mul, a, b),
    div: (a, b) => binary(names.div, a, b),
    sqrt: (a) => unary(names.sqrt, a),
    abs: (a) => unary(names.abs, a),
    ceil: (a) => unary(names.ceil, a),
    floor: (a) => unary(names.floor, a),
    trunc: (a) => unary(names.trunc, a),
    nearest: (a) => unary(names.nearest, a),
    bitsAdd: (a, b) => binary(names.bitsAdd, a, b),
    bitsSub: (a, b) => binary(names.bitsSub, a, b),
    less: (a, b) => binary(names.less, a, b),
    equal: (a, b) => binary(names.equal, a, b),
    unequal: (a, b) => binary(names.unequal, a, b),
    keep(a) {
      a();
      const temp = as.temp(as.top());
      as.set(temp);
      return () => {
        as.get(temp);
      };
    },
  };
}
