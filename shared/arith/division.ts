/**
 * @file Floor division and remainder of linear forms by a positive constant.
 *
 *   (8*x + y) // 8 = x + y // 8         (8*x + y) % 8 = y % 8           multiples of the divisor come out
 *   y // 8 = 0, y % 8 = y               for y known to lie in [0, 8)    (likewise for any one period)
 *   (4*x + 3) // 8 = x // 2             (4*x + 3) % 8 = 4*(x % 2) + 3   common factors come out
 *   (4*x + y) // 8 = x // 2             (4*x + y) % 8 = 4*(x % 2) + y   likewise for y known to lie in [0, 4)
 *   (x // 4) // 8 = x // 32             (x % 32) % 8 = x % 8            nested divisions meet
 *                                       (x // 4) % 8 = (x % 32) // 4    remainders go inside
 *   (x // 8)*8 + x % 8 = x              quotient and remainder join
 *   (x // 8)*4 + (x % 8) // 2 = x // 2
 */
import { floordiv, floormod } from '../ir/build.js';
import { boundsOfLinear, type Bounds } from './bounds.js';
import {
  addScaled,
  fromLinear,
  linearAtom,
  linearConst,
  scale,
  toLinear,
  ZERO,
  type Linear,
  type LinearTerm,
} from './linear.js';
import { sameExpr } from './same-expr.js';

export interface DivisionContext {
  readonly bounds: Bounds;
  readonly dtype: 'int32' | 'int64';
}

/** The terms that `divisor` divides, divided; and the rest, whose constant is in [0, divisor). */
function splitMultiples(a: Linear, divisor: number): { quotient: Linear; rest: Linear } {
  const multiples: LinearTerm[] = [];
  const others: LinearTerm[] = [];
  for (const [atom, coefficient] of a.terms) {
    if (coefficient % divisor === 0) multiples.push([atom, coefficient / divisor]);
    else others.push([atom, coefficient]);
  }
  const whole = Math.floor(a.constant / divisor);
  return {
    quotient: { terms: multiples, constant: whole },
    rest: { terms: others, constant: a.constant - whole * divisor },
  };
}

/** The one period of `divisor` that a linear form stays in, `null` when it leaves it. */
function periodOf(a: Linear, divisor: number, bounds: Bounds): number | null {
  const { min, max } = boundsOfLinear(a, bounds);
  const period = Math.floor(min / divisor);
  return Number.isFinite(period) && Math.floor(max / divisor) === period ? period : null;
}

function gcd(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : gcd(b, a % b);
}

/** Greatest factor that all coefficients and the divisor share. */
function commonFactor(a: Linear, divisor: number): number {
  return a.terms.reduce((factor, [, coefficient]) => gcd(factor, coefficient), divisor);
}

/** `rest // factor`, where `factor` divides every coefficient. */
function reduce(rest: Linear, factor: number): Linear {
  return {
    terms: rest.terms.map(([atom, coefficient]) => [atom, coefficient / factor]),
    constant: Math.floor(rest.constant / factor),
  };
}

/** `a // divisor`. */
export function divideFloor(a: Linear, divisor: number, context: DivisionContext): Linear {
  if (divisor === 1) return a;
  const { quotient, rest } = splitMultiples(a, divisor);
  const period = periodOf(rest, divisor, context.bounds);
  if (period !== null) return addScaled(quotient, linearConst(period), 1);
  const factor = commonFactor(rest, divisor);
  if (factor > 1) return addScaled(quotient, divideFloor(reduce(rest, factor), divisor / factor, context), 1);
  const digits = splitDigits(rest, divisor, context.bounds);
  if (digits !== null) {
    return addScaled(quotient, divideFloor(digits.high, divisor / digits.radix, context), 1);
  }
  const inner = nestedQuotient(rest);
  if (inner !== null) {
    // (x // c + k) // d = (x + k*c) // (c*d)
    const dividend = addScaled(inner.dividend, linearConst(rest.constant * inner.divisor), 1);
    return addScaled(quotient, divideFloor(dividend, inner.divisor * divisor, context), 1);
  }
  return addScaled(quotient, linearAtom(floordiv(fromLinear(rest, context.dtype), divisor)), 1);
}

/** `a` as `radix * high + low`, where `radix` divides the divisor and `low` is known to lie in [0, radix). */
function splitDigits(
  a: Linear,
  divisor: number,
  bounds: Bounds,
): { high: Linear; low: Linear; radix: number } | null {
  const radices = new Set(a.terms.map(([, coefficient]) => gcd(coefficient, divisor)));
  for (const radix of radices) {
    if (radix === 1) continue;
    const { quotient: high, rest: low } = splitMultiples(a, radix);
    if (low.terms.length > 0 && periodOf(low, radix, bounds) === 0) return { high, low, radix };
  }
  return null;
}

/** `x // c + k` as x and c, when `a` has that shape. */
function nestedQuotient(a: Linear): { dividend: Linear; divisor: number } | null {
  const [first] = a.terms;
  if (a.terms.length !== 1 || first === undefined || first[1] !== 1) return null;
  const [atom] = first;
  if (atom.kind !== 'Binary' || atom.op !== 'floordiv' || atom.b.kind !== 'IntImm' || atom.b.value <= 0)
    return null;
  return { dividend: toLinear(atom.a), divisor: atom.b.value };
}

/** `a % divisor`. */
export function remainderFloor(a: Linear, divisor: number, context: DivisionContext): Linear {
  if (divisor === 1) return ZERO;
  const { rest } = splitMultiples(dropInnerRemainders(a, divisor), divisor);
  const period = periodOf(rest, divisor, context.bounds);
  if (period !== null) return addScaled(rest, linearConst(-period * divisor), 1);
  const factor = commonFactor(rest, divisor);
  if (factor > 1) {
    const inner = remainderFloor(reduce(rest, factor), divisor / factor, context);
    return addScaled(scale(inner, factor), linearConst(rest.constant % factor), 1);
  }
  const digits = splitDigits(rest, divisor, context.bounds);
  if (digits !== null) {
    const high = remainderFloor(digits.high, divisor / digits.radix, context);
    return addScaled(scale(high, digits.radix), digits.low, 1);
  }
  const inner = rest.constant === 0 ? nestedQuotient(rest) : null;
  if (inner !== null) {
    return divideFloor(
      remainderFloor(inner.dividend, inner.divisor * divisor, context),
      inner.divisor,
      context,
    );
  }
  return linearAtom(floormod(fromLinear(rest, context.dtype), divisor));
}

/** Replaces `x % n` by `x` where `divisor` divides n: the difference is a multiple of the divisor. */
function dropInnerRemainders(a: Linear, divisor: number): Linear {
  let result = linearConst(a.constant);
  let changed = false;
  for (const [atom, coefficient] of a.terms) {
    const inner =
      atom.kind === 'Binary' &&
      atom.op === 'floormod' &&
      atom.b.kind === 'IntImm' &&
      (atom.b.value * coefficient) % divisor === 0
        ? toLinear(atom.a)
        : null;
    if (inner !== null) changed = true;
    result = addScaled(result, inner ?? linearAtom(atom), coefficient);
  }
  return changed ? dropInnerRemainders(result, divisor) : a;
}

/**
 * Joins `k*c*(x // c) + k*(x % c)` to `k*x`, and `k*c*(x // (c*d)) + k*((x % (c*d)) // d)` to `k*(x // d)`, also where
 * the second part was simplified by itself.
 */
export function joinQuotients(a: Linear, bounds: Bounds): Linear {
  const quotients = a.terms.flatMap(([atom, coefficient]) => {
    const division = nestedQuotient(linearAtom(atom));
    return division === null ? [] : [{ ...division, atom, coefficient }];
  });
  for (const { atom, coefficient, dividend, divisor } of quotients) {
    const context: DivisionContext = { bounds, dtype: atom.dtype === 'int64' ? 'int64' : 'int32' };
    for (const unit of new Set([1, ...quotients.map((other) => other.divisor)])) {
      const factor = (coefficient * unit) / divisor;
      if (unit === divisor || divisor % unit !== 0 || !Number.isInteger(factor)) continue;
      const low = divideFloor(remainderFloor(dividend, divisor, context), unit, context);
      if (!hasTerms(a, low, factor)) continue;
      const rest = addScaled(addScaled(a, linearAtom(atom), -coefficient), low, -factor);
      return joinQuotients(addScaled(rest, divideFloor(dividend, unit, context), factor), bounds);
    }
  }
  return a;
}

/** Whether every term of `part`, times `factor`, is a term of `whole`. */
function hasTerms(whole: Linear, part: Linear, factor: number): boolean {
  if (part.terms.length === 0) return false;
  return part.terms.every(([atom, coefficient]) =>
    whole.terms.some(([other, own]) => own === coefficient * factor && sameExpr(other, atom)),
  );
}
