/** @file Random expressions of a given type, from a sequence of choices; see `arbitrary-syntax.ts`. */
import {
  and,
  binary,
  bool,
  call,
  cast,
  compare,
  float,
  ifThenElse,
  int,
  load,
  not,
  or,
  select,
} from '../../../shared/ir/build.js';
import type { Range } from '../../../shared/ir/region.js';
import { isFloat, isIndexType, isInt, rangeOf, type DType } from '../../../shared/ir/dtype.js';
import {
  INTRINSICS,
  type BinaryOp,
  type CompareOp,
  type Expr,
  type Intrinsic,
} from '../../../shared/ir/expr.js';
import { choose, deeper, randomDType, randomIndexType, type Site } from './random-site.js';

const INT_OPS: readonly BinaryOp[] = [
  'add',
  'sub',
  'mul',
  'floordiv',
  'floormod',
  'truncdiv',
  'truncmod',
  'min',
  'max',
  'bitand',
  'bitor',
  'bitxor',
  'shl',
  'shr',
];
const FLOAT_OPS: readonly BinaryOp[] = ['add', 'sub', 'mul', 'div', 'min', 'max'];
const COMPARE_OPS: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const FLOATS = [0, 1, -1, 0.5, 1 / 3, 1e-40, 1e30, -0, Infinity, -Infinity, Number.NaN, 5e-324];

function leaf(site: Site, dtype: DType): Expr {
  const vars = site.vars.filter((v) => v.dtype === dtype);
  if (vars.length > 0 && site.pick(3) > 0) return choose(site, vars);
  if (dtype === 'bool') return bool(site.pick(2) === 1);
  if (dtype === 'float32' || dtype === 'float64') return float(choose(site, FLOATS), dtype);
  const [low, high] = rangeOf(dtype) ?? [0, 0];
  return int(choose(site, [0, 1, 2, 7, high, low, -1 < low ? 3 : -1]), dtype);
}

export function randomExpr(site: Site, dtype: DType): Expr {
  if (site.fuel <= 0) return leaf(site, dtype);
  const inner = deeper(site);
  const e = (type: DType = dtype): Expr => randomExpr(inner, type);
  switch (site.pick(8)) {
    case 0:
    case 1:
      return leaf(site, dtype);
    case 2:
      return select(e('bool'), e(), e());
    case 3:
      return ifThenElse(e('bool'), e(), e());
    case 4:
      return cast(dtype, e(randomDType(site)));
    case 5:
      return randomLoad(inner, dtype);
    default:
      return dtype === 'bool' ? randomCondition(inner) : randomArithmetic(inner, dtype);
  }
}

function randomLoad(site: Site, dtype: DType): Expr {
  const buffers = site.buffers.filter((b) => b.dtype === dtype);
  if (buffers.length === 0) return leaf(site, dtype);
  const b = choose(site, buffers);
  return load(
    b,
    b.shape.map(() => randomExpr(deeper(site), randomIndexType(site))),
  );
}

function randomCondition(site: Site): Expr {
  const [a, b] = [randomExpr(site, 'bool'), randomExpr(site, 'bool')];
  switch (site.pick(4)) {
    case 0:
      return and(a, b);
    case 1:
      return or(a, b);
    case 2:
      return not(a);
    default: {
      const dtype = randomDType(site);
      return compare(choose(site, COMPARE_OPS), randomExpr(site, dtype), randomExpr(site, dtype));
    }
  }
}

function randomArithmetic(site: Site, dtype: DType): Expr {
  const isCall = site.pick(3) === 0;
  if (isCall && isFloat(dtype)) {
    const op = choose(site, Object.keys(INTRINSICS) as Intrinsic[]);
    return call(
      op,
      Array.from({ length: INTRINSICS[op] }, () => randomExpr(site, dtype)),
    );
  }
  if (isCall && isIndexType(dtype)) return call('abs', [randomExpr(site, dtype)]);
  const ops = isInt(dtype) ? INT_OPS : FLOAT_OPS;
  return binary(choose(site, ops), randomExpr(site, dtype), randomExpr(site, dtype));
}

export function randomRange(site: Site, dtype: 'int32' | 'int64'): Range {
  return { min: randomExpr(deeper(site), dtype), extent: randomExpr(deeper(site), dtype) };
}
