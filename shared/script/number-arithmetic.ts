/** @file Arithmetic on Python's own numbers, which a script computes before TIR sees the result. */
import { InputError } from '../support/errors.js';
import { numberValue, type NumberValue } from './value.js';

/** Python's integers are unbounded; ours are exact, or refused. */
function exact(value: number, isFloat: boolean): NumberValue {
  if (!isFloat && !Number.isSafeInteger(value)) {
    throw new InputError('BAD_LITERAL', 'the result is not an integer that can be held exactly');
  }
  return numberValue(value, isFloat);
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new InputError('BAD_LITERAL', 'division by zero');
  return divisor;
}

/** Python's `%`, with the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % nonZero(b);
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function bits(a: NumberValue, b: NumberValue, f: (x: bigint, y: bigint) => bigint): NumberValue {
  if (a.isFloat || b.isFloat) throw new InputError('DTYPE_MISMATCH', 'bit operators take integers');
  return exact(Number(f(BigInt(a.value), BigInt(b.value))), false);
}

function shift(a: NumberValue, b: NumberValue, f: (x: bigint, y: bigint) => bigint): NumberValue {
  if (b.value < 0 || b.value > 64) throw new InputError('BAD_LITERAL', `cannot shift by ${b.value}`);
  return bits(a, b, f);
}

/** `a symbol b`, `null` when the operator has no numeric meaning. @throws InputError `BAD_LITERAL`, `DTYPE_MISMATCH`. */
export function applyNumbers(symbol: string, a: NumberValue, b: NumberValue): NumberValue | null {
  const isFloat = a.isFloat || b.isFloat;
  const [x, y] = [a.value, b.value];
  switch (symbol) {
    case '+':
      return exact(x + y, isFloat);
    case '-':
      return exact(x - y, isFloat);
    case '*':
      return exact(x * y, isFloat);
    case '/':
      return numberValue(x / nonZero(y), true);
    case '//':
      return exact((x - modulo(x, y)) / y, isFloat);
    case '%':
      return exact(modulo(x, y), isFloat);
    case '**':
      return exact(x ** y, isFloat || y < 0);
    case '&':
      return bits(a, b, (p, q) => p & q);
    case '|':
      return bits(a, b, (p, q) => p | q);
    case '^':
      return bits(a, b, (p, q) => p ^ q);
    case '<<':
      return shift(a, b, (p, q) => p << q);
    case '>>':
      return shift(a, b, (p, q) => p >> q);
    default:
      return null;
  }
}

/** A number literal's value. @throws InputError `BAD_LITERAL` for complex numbers and integers that are not exact. */
export function parseNumber(text: string): NumberValue {
  const digits = text.replaceAll('_', '').toLowerCase();
  const isRadix = /^0[xob]/.test(digits);
  const value = Number(digits);
  if (Number.isNaN(value))
    throw new InputError('BAD_LITERAL', `${text} is not a number that is understood here`);
  return exact(value, !isRadix && /[.e]/.test(digits));
}
