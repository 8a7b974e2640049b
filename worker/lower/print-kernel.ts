/** @file Loop IR as text, for `TILEWRIGHT_DEBUG=lower` and for tests. */
import type { Address, Kernel, Local, Statement, Value, ValueType } from './loop-ir.js';

const INFIX: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  floordiv: '//',
  floormod: '%',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  and: 'and',
  or: 'or',
};

/** One statement a line, loops indented; locals are numbered where names repeat. */
export function printKernel(kernel: Kernel): string {
  const nameOf = createNames();
  const params = kernel.regions.map((r) => `${r.name}: ${r.bytes} bytes`);
  return [`kernel ${kernel.name}(${params.join(', ')})`, ...printBody(kernel.body, '  ', nameOf)].join('\n');
}

type NameOf = (local: Local) => string;

function createNames(): NameOf {
  const names = new Map<Local, string>();
  const counts = new Map<string, number>();
  return (local) => {
    const known = names.get(local);
    if (known !== undefined) return known;
    const count = counts.get(local.name) ?? 0;
    counts.set(local.name, count + 1);
    const name = `${local.name}.${count}`;
    names.set(local, name);
    return name;
  };
}

function printBody(body: readonly Statement[], indent: string, nameOf: NameOf): string[] {
  return body.flatMap((s) => {
    switch (s.kind) {
      case 'Assign':
        return [`${indent}${nameOf(s.local)} = ${printValue(s.value, nameOf)}`];
      case 'Store':
        return [`${indent}${printAddress(s.address, nameOf)} = ${printValue(s.value, nameOf)}`];
      case 'Loop':
        return [
          `${indent}for ${nameOf(s.index)} in ${printValue(s.extent, nameOf)}`,
          ...printBody(s.body, `${indent}  `, nameOf),
        ];
      case 'IfStatement': {
        const otherwise =
          s.else.length === 0 ? [] : [`${indent}else`, ...printBody(s.else, `${indent}  `, nameOf)];
        const then = printBody(s.then, `${indent}  `, nameOf);
        return [`${indent}if ${printValue(s.condition, nameOf)}`, ...then, ...otherwise];
      }
    }
  });
}

function printType({ dtype, lanes }: ValueType): string {
  return lanes === 1 ? dtype : `${dtype}x${lanes}`;
}

function printAddress({ region, terms, offset, dynamic }: Address, nameOf: NameOf): string {
  const parts = terms.map((term) => `${term.bytes}*${nameOf(term.local)}`);
  if (dynamic !== null) parts.push(printValue(dynamic, nameOf));
  return `${region.name}[${[...parts, offset].join(' + ')}]`;
}

function printValue(v: Value, nameOf: NameOf): string {
  const print = (operand: Value): string => printValue(operand, nameOf);
  switch (v.kind) {
    case 'Const':
      return String(v.value);
    case 'LocalValue':
      return nameOf(v.local);
    case 'Load':
      return `${printType(v.type)} ${printAddress(v.address, nameOf)}`;
    case 'Splat':
      return `splat(${print(v.value)})`;
    case 'Lanes':
      return `lanes(${v.values.map(print).join(', ')})`;
    case 'Unary':
      return `${v.op} ${print(v.a)}`;
    case 'Binary':
    case 'Compare':
    case 'Logical': {
      const infix = INFIX[v.op];
      return infix === undefined
        ? `${v.op}(${print(v.a)}, ${print(v.b)})`
        : `(${print(v.a)} ${infix} ${print(v.b)})`;
    }
    case 'Select':
    case 'IfValue':
      return `${v.kind === 'Select' ? 'select' : 'if'}(${[v.condition, v.whenTrue, v.whenFalse].map(print).join(', ')})`;
    case 'Cast':
      return `${printType(v.type)}(${print(v.value)})`;
    case 'Call':
      return `${v.op}(${v.args.map(print).join(', ')})`;
  }
}
