/**
 * @file The reference interpreter: what a function means. It runs scheduled functions as well, loop kinds aside, and is
 * the oracle for schedules and code generators. Statements are compiled to closures once, expressions in
 * interpret-expr.ts.
 */
import { InputError, InternalError, invariant, lookup } from '../support/errors.js';
import { elementsOf, type Buffer } from './buffer.js';
import { constInt, isConst } from './build.js';
import type { Expr, Var } from './expr.js';
import {
  compileAccess,
  compileBig,
  compileIndex,
  compileNumber,
  type Frame,
  type NumberCode,
} from './interpret-expr.js';
import type { PrimFunc } from './prim-func.js';
import type { Block, BlockRealize, BufferStore, For, Stmt } from './stmt.js';
import { typedArrayFor, type TypedArray } from './typed-array.js';

export { typedArrayFor, type TypedArray } from './typed-array.js';

type Code = () => void;

export interface InterpretOptions {
  /** Stores that may be executed. */
  readonly maxSteps?: number;
}

/**
 * Runs `func` on `args`: one flat array per parameter, in order, results in place. All loops run serially. Temporaries
 * start as NaN, or as an extreme value of their type, so that a read before the write shows.
 *
 * @throws InputError `INTERPRET_ARGUMENTS`, `INTERPRET_OUT_OF_BOUNDS`, `INTERPRET_DIVISION_BY_ZERO`, `INTERPRET_BUDGET`.
 */
export function interpret(func: PrimFunc, args: readonly TypedArray[], options: InterpretOptions = {}): void {
  const machine = createMachine(options.maxSteps ?? Infinity);
  bindArguments(func, args, machine);
  const { root } = func;
  const body = compile(root.body, machine.allocate(root.allocBuffers));
  body();
}

interface Machine {
  readonly frame: Frame;
  readonly arrays: Map<Buffer, TypedArray>;
  /** Counts a store. */
  readonly step: () => void;
  /** Makes temporaries, poisoned; returns the machine. */
  readonly allocate: (buffers: readonly Buffer[]) => Machine;
}

function createMachine(maxSteps: number): Machine {
  const slots: (number | bigint)[] = [];
  const slotNumbers = new Map<Var, number>();
  const arrays = new Map<Buffer, TypedArray>();
  let steps = 0;
  const machine: Machine = {
    arrays,
    frame: {
      slots,
      slotOf: (v) => {
        const slot = slotNumbers.get(v) ?? slotNumbers.size;
        slotNumbers.set(v, slot);
        return slot;
      },
      arrayOf: (b) => lookup(arrays, b, `the memory of buffer ${b.name}`),
    },
    step: () => {
      steps++;
      if (steps > maxSteps)
        throw new InputError('INTERPRET_BUDGET', `the program executes more than ${maxSteps} stores`);
    },
    allocate: (buffers) => {
      for (const b of buffers) arrays.set(b, poison(typedArrayFor(b.dtype, elementsOf(b))));
      return machine;
    },
  };
  return machine;
}

/** Fills an array with what a right program never reads. */
function poison(array: TypedArray): TypedArray {
  if (array instanceof BigInt64Array) array.fill(-(2n ** 62n));
  else if (array instanceof Float32Array || array instanceof Float64Array) array.fill(NaN);
  else array.fill(array instanceof Int32Array ? -(2 ** 30) : 101);
  return array;
}

function bindArguments(func: PrimFunc, args: readonly TypedArray[], { arrays }: Machine): void {
  if (args.length !== func.params.length) {
    throw new InputError(
      'INTERPRET_ARGUMENTS',
      `${func.name} takes ${func.params.length} arguments, not ${args.length}`,
    );
  }
  for (const [i, param] of func.params.entries()) {
    const array = args[i];
    const length = elementsOf(param);
    if (
      array === undefined ||
      array.length !== length ||
      array.constructor !== typedArrayFor(param.dtype, 0).constructor
    ) {
      throw new InputError(
        'INTERPRET_ARGUMENTS',
        `${param.name} must be an array of ${length} ${param.dtype}`,
      );
    }
    arrays.set(param, array);
  }
}

function compile(s: Stmt, machine: Machine): Code {
  switch (s.kind) {
    case 'For':
      return compileFor(s, machine);
    case 'BlockRealize':
      return compileRealize(s, machine);
    case 'BufferStore':
      return compileStore(s, machine);
    case 'Seq': {
      const codes = s.stmts.map((child) => compile(child, machine));
      return () => {
        for (const code of codes) code();
      };
    }
    case 'If': {
      const condition = compileNumber(s.condition, machine.frame);
      const then = compile(s.then, machine);
      const otherwise = s.else === null ? null : compile(s.else, machine);
      return () => {
        if (condition() !== 0) then();
        else otherwise?.();
      };
    }
    case 'Let': {
      const set = compileAssign(s.var, s.value, machine);
      const body = compile(s.body, machine);
      return () => {
        set();
        body();
      };
    }
    case 'Evaluate': {
      const evaluate =
        s.value.dtype === 'int64'
          ? compileBig(s.value, machine.frame)
          : compileNumber(s.value, machine.frame);
      return () => {
        evaluate();
      };
    }
  }
}

function compileAssign(v: Var, value: Expr, { frame }: Machine): Code {
  const slot = frame.slotOf(v);
  const code = v.dtype === 'int64' ? compileBig(value, frame) : compileNumber(value, frame);
  return () => {
    frame.slots[slot] = code();
  };
}

function compileFor(loop: For, machine: Machine): Code {
  const { frame } = machine;
  const slot = frame.slotOf(loop.loopVar);
  const [min, extent] = [compileIndex(loop.min, frame), compileIndex(loop.extent, frame)];
  const body = compile(loop.body, machine);
  return () => {
    const first = min();
    const end = first + extent();
    for (let i = first; i < end; i++) {
      frame.slots[slot] = i;
      body();
    }
  };
}

function compileRealize(realize: BlockRealize, machine: Machine): Code {
  const { block } = realize;
  const { frame } = machine;
  machine.allocate(block.allocBuffers);
  const values = realize.iterValues.map((value) => compileIndex(value, frame));
  const slots = block.iterVars.map((iter) => frame.slotOf(iter.var));
  const predicate = isConst(realize.predicate, 1) ? null : compileNumber(realize.predicate, frame);
  const refill = block.allocBuffers.map((b) => (): TypedArray => poison(frame.arrayOf(b)));
  const body = compileBody(block, machine);
  return () => {
    if (predicate !== null && predicate() === 0) return;
    for (let i = 0; i < slots.length; i++) frame.slots[slots[i] ?? 0] = (values[i] ?? missing)();
    for (const fill of refill) fill();
    body();
  };
}

function missing(): never {
  throw new InternalError('a block has fewer values than iterators');
}

/** The body, after the init where every reduce iterator is at its start. */
function compileBody(block: Block, machine: Machine): Code {
  const body = compile(block.body, machine);
  if (block.init === null) return body;
  const init = compile(block.init, machine);
  const { frame } = machine;
  const starts = block.iterVars.flatMap((iter): NumberCode[] => {
    if (iter.iterType !== 'reduce') return [];
    const slot = frame.slotOf(iter.var);
    const first = constInt(iter.dom.min);
    invariant(first !== null, `iterator ${iter.var.name} of block ${block.name} has no constant start`);
    return [() => (frame.slots[slot] === first ? 1 : 0)];
  });
  return () => {
    if (starts.every((isFirst) => isFirst() === 1)) init();
    body();
  };
}

function compileStore(s: BufferStore, { frame, step }: Machine): Code {
  const { array, offset } = compileAccess(s.buffer, s.indices, frame);
  if (array instanceof BigInt64Array) {
    const value = compileBig(s.value, frame);
    return () => {
      step();
      array[offset()] = value();
    };
  }
  const value = compileNumber(s.value, frame);
  return () => {
    step();
    array[offset()] = value();
  };
}
