/** @file Random index expressions over a few variables with ranges, and their value at a point. */
import * as fc from 'fast-check';
import {
  add,
  and,
  compare,
  floordiv,
  floormod,
  ifThenElse,
  int,
  max,
  min,
  mul,
  not,
  or,
  sub,
  variable,
} from '../../../shared/ir/build.js';
import type { Bounds } from '../../../shared/arith/bounds.js';
import type { CompareOp, Expr, Var } from '../../../shared/ir/expr.js';
import { at, invariant } from '../../../shared/support/errors.js';

/** Variables with their ranges: a loop variable from 0, a small one, and one that may be negative. */
export const VARIABLES: readonly { readonly v: Var; readonly min: number; readonly max: number }[] = [
  { v: variable('i'), min: 0, max: 11 },
  { v: variable('j'), min: 0, max: 3 },
  { v: variable('k'), min: -5, max: 4 },
];

export const BOUNDS: Bounds = new Map(
  VARIABLES.map(({ v, min: low, max: high }) => [v, { min: low, max: high }]),
);

export type Point = ReadonlyMap<Var, number>;

export const point: fc.Arbitrary<Point> = fc
  .tuple(...VARIABLES.map(({ min: low, max: high }) => fc.integer({ min: low, max: high })))
  .map((values) => new Map(VARIABLES.map(({ v }, n) => [v, at(values, n)])));

const COMPARISONS: readonly CompareOp[] = ['lt', 'le', 'gt', 'ge', 'eq', 'ne'];

export const { index, condition } = fc.letrec<{ index: Expr; condition: Expr }>((tie) => {
  const divisor = fc.constantFrom(1, 2, 3, 4, 6, 8);
  const pair = fc.tuple(tie('index'), tie('index'));
  return {
    index: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      { weight: 3, arbitrary: fc.constantFrom(...VARIABLES.map(({ v }): Expr => v)) },
      { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }).map((value): Expr => int(value)) },
      { weight: 4, arbitrary: pair.map(([a, b]) => add(a, b)) },
      { weight: 2, arbitrary: pair.map(([a, b]) => sub(a, b)) },
      {
        weight: 3,
        arbitrary: fc.tuple(tie('index'), fc.integer({ min: -4, max: 6 })).map(([a, c]) => mul(a, c)),
      },
      { weight: 3, arbitrary: fc.tuple(tie('index'), divisor).map(([a, c]) => floordiv(a, c)) },
      { weight: 3, arbitrary: fc.tuple(tie('index'), divisor).map(([a, c]) => floormod(a, c)) },
      { weight: 1, arbitrary: pair.map(([a, b]) => min(a, b)) },
      { weight: 1, arbitrary: pair.map(([a, b]) => max(a, b)) },
      { weight: 1, arbitrary: fc.tuple(tie('condition'), pair).map(([c, [a, b]]) => ifThenElse(c, a, b)) },
    ),
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      {
        weight: 3,
        arbitrary: fc.tuple(fc.constantFrom(...COMPARISONS), pair).map(([op, [a, b]]) => compare(op, a, b)),
      },
      { weight: 1, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => and(a, b)) },
      { weight: 1, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => or(a, b)) },
      { weight: 1, arbitrary: tie('condition').map((a) => not(a)) },
    ),
  };
});

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b + 0, // the integers have no -0
  floordiv: (a, b) => Math.floor(a / b) + 0,
  floormod: (a, b) => a - b * Math.floor(a / b),
  min: Math.min,
  max: Math.max,
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  and: (a, b) => a * b,
  or: (a, b) => Math.max(a, b),
};

/** The value of an expression over VARIABLES, straight from the definitions. Conditions are 0 or 1. */
export function valueAt(e: Expr, p: Point): number {
  switch (e.kind) {
    case 'IntImm':
      return e.value;
    case 'Var':
      return p.get(e) ?? NaN;
    case 'Not':
      return 1 - valueAt(e.a, p);
    case 'IfThenElse':
    case 'Select':
      return valueAt(e.condition, p) === 1 ? valueAt(e.whenTrue, p) : valueAt(e.whenFalse, p);
    case 'Binary':
    case 'Compare':
    case 'Logical': {
      const f = BINARY[e.op];
      invariant(f !== undefined, `${e.op} does not occur in indices`);
      return f(valueAt(e.a, p), valueAt(e.b, p));
    }
    default:
      throw new Error(`${e.kind} does not occur in indices`);
  }
}
