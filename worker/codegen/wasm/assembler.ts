/**
 * @file Assembler of one function body. It keeps a type stack while instructions are emitted, so that wrong code fails
 * at the call that emits it and not in an engine's validator. Control structure is nested by callbacks and therefore
 * always balanced; there is no unconditional branch, hence no unreachable code.
 */
import { at, invariant } from '../../../shared/support/errors.js';
import { createByteSink, type ByteSink } from './encoding.js';
import { createLocals, type LocalIndex, type Locals } from './function-locals.js';
import { codeOfType, type LaneOpRow, type MemoryOpRow, type OpRow, type WasmType } from './op-row.js';
import {
  LANE_OPS,
  MEMORY_LANE_OPS,
  MEMORY_OPS,
  PLAIN_OPS,
  type LaneOp,
  type MemoryLaneOp,
  type MemoryOp,
  type PlainOp,
} from './opcodes.js';
import { createTypeStack, type TypeStack } from './type-stack.js';

export interface Signature {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** A function of the module that is being built: its index among all functions, and its type. */
export interface FunctionRef {
  readonly index: number;
  readonly signature: Signature;
}

/** A place that branches can go to: the number of structures that were open around it. */
export interface Label {
  readonly depth: number;
}

/** Every method appends one instruction, except where it says otherwise. @throws InternalError on type errors. */
export interface Assembler {
  /** Reserves a local; emits nothing. Locals start as zero. */
  readonly local: (type: WasmType) => LocalIndex;
  /** Reserves a local until the end of the innermost `scope`, then to be reused; emits nothing. */
  readonly temp: (type: WasmType) => LocalIndex;
  /** Emits `body`, whose temps are free again afterwards. */
  readonly scope: (body: () => void) => void;
  readonly get: (local: LocalIndex) => void;
  readonly set: (local: LocalIndex) => void;
  readonly tee: (local: LocalIndex) => void;
  readonly i32: (value: number) => void;
  readonly i64: (value: bigint) => void;
  readonly f32: (value: number) => void;
  readonly f64: (value: number) => void;
  /** `v128.const` of 16 bytes. */
  readonly v128: (bytes: Uint8Array) => void;
  readonly op: (name: PlainOp) => void;
  /** A load or store at the address on the stack plus `offset` bytes, an integer in [0, 2^32). */
  readonly memory: (name: MemoryOp, offset?: number) => void;
  readonly lane: (name: LaneOp, lane: number) => void;
  /** Loads one lane of a vector, which lies above the address. */
  readonly memoryLane: (name: MemoryLaneOp, offset: number, lane: number) => void;
  /** `i8x16.shuffle`: byte `n` of the result is byte `bytes[n]` of the 32 bytes of both operands. */
  readonly shuffle: (bytes: readonly number[]) => void;
  /** Chooses between two operands of the same type, the first when the i32 on top is not zero. */
  readonly select: () => void;
  readonly drop: () => void;
  readonly call: (target: FunctionRef) => void;
  /** A loop; branching to the label starts the next iteration. */
  readonly loop: (body: (start: Label) => void) => void;
  /** Both sides leave a `result`, or nothing when it is `null`; then `otherwise` may be left out. */
  readonly if: (result: WasmType | null, then: () => void, otherwise?: () => void) => void;
  readonly brIf: (target: Label) => void;
  /** Appends to the beginning of the function, in order, whatever is open here. */
  readonly atStart: (emit: (start: StraightLine) => void) => void;
  /** Type of the operand on top of the stack; emits nothing. */
  readonly top: () => WasmType;
  /** Ends the function. @returns its entry of the code section. */
  readonly finish: () => Uint8Array;
}

/** Code without structure. */
export type StraightLine = Omit<Assembler, 'scope' | 'temp' | 'loop' | 'if' | 'brIf' | 'atStart' | 'finish'>;

const VOID = 0x40;

/** Starts a function; its parameters are locals 0, 1, ... */
export function createAssembler(signature: Signature): Assembler {
  const locals = createLocals(signature.params);
  const start = createBody(locals);
  const main = createBody(locals);
  return {
    ...main.assembler,
    temp: locals.temp,
    scope: locals.scope,
    ...controlFlow(main.code, main.stack),
    atStart(emit) {
      emit(start.assembler);
    },
    finish() {
      start.stack.end([], 'start of function');
      main.stack.end(signature.results, 'function');
      main.code.byte(0x0b);
      const entry = createByteSink();
      locals.declare(entry);
      entry.bytes(start.code.toBytes());
      entry.bytes(main.code.toBytes());
      return entry.toBytes();
    },
  };
}

/** A stretch of code with a stack of its own. */
function createBody(locals: Locals): { code: ByteSink; stack: TypeStack; assembler: StraightLine } {
  const code = createByteSink();
  const stack = createTypeStack();
  const assembler: StraightLine = {
    local: locals.add,
    top: stack.top,
    ...localAccess(code, stack, locals),
    ...constants(code, stack),
    ...tableInstructions(code, stack),
    ...otherInstructions(code, stack),
  };
  return { code, stack, assembler };
}

function localAccess(
  code: ByteSink,
  stack: TypeStack,
  locals: Locals,
): Pick<Assembler, 'get' | 'set' | 'tee'> {
  return {
    get(local) {
      stack.push(locals.typeOf(local));
      code.byte(0x20);
      code.u32(local);
    },
    set(local) {
      stack.pop(locals.typeOf(local), 'local.set');
      code.byte(0x21);
      code.u32(local);
    },
    tee(local) {
      const type = locals.typeOf(local);
      stack.pop(type, 'local.tee');
      stack.push(type);
      code.byte(0x22);
      code.u32(local);
    },
  };
}

function constants(
  code: ByteSink,
  stack: TypeStack,
): Pick<Assembler, 'i32' | 'i64' | 'f32' | 'f64' | 'v128'> {
  function start(opcode: number, type: WasmType): void {
    stack.push(type);
    code.byte(opcode);
  }
  return {
    i32(value) {
      start(0x41, 'i32');
      code.s32(value);
    },
    i64(value) {
      start(0x42, 'i64');
      code.s64(value);
    },
    f32(value) {
      start(0x43, 'f32');
      code.f32(value);
    },
    f64(value) {
      start(0x44, 'f64');
      code.f64(value);
    },
    v128(bytes) {
      invariant(bytes.length === 16, 'v128.const takes 16 bytes');
      start(0xfd, 'v128');
      code.u32(0x0c);
      code.bytes(bytes);
    },
  };
}

/** The exponent of a power of two. */
const log2 = (bytes: number): number => 31 - Math.clz32(bytes);

type TableInstructions = Pick<Assembler, 'op' | 'memory' | 'lane' | 'memoryLane'>;
type OtherInstructions = Pick<Assembler, 'shuffle' | 'select' | 'drop' | 'call'>;

function checkLane(name: string, row: LaneOpRow, lane: number): void {
  invariant(Number.isInteger(lane) && lane >= 0 && lane < row.lanes, `${name}: no lane ${lane}`);
}

function tableInstructions(code: ByteSink, stack: TypeStack): TableInstructions {
  function emit(name: string, row: OpRow): void {
    for (let n = row.params.length - 1; n >= 0; n--) stack.pop(at(row.params, n), name);
    if (row.result !== null) stack.push(row.result);
    if (row.code <= 0xff) {
      code.byte(row.code);
    } else {
      code.byte(row.code >>> 16);
      code.u32(row.code & 0xffff);
    }
  }

  function access(name: string, row: MemoryOpRow, offset: number): void {
    emit(name, row);
    code.u32(log2(row.bytes));
    code.u32(offset);
  }

  return {
    op: (name) => {
      emit(name, PLAIN_OPS[name]);
    },
    memory(name, offset = 0) {
      access(name, MEMORY_OPS[name], offset);
    },
    memoryLane(name, offset, lane) {
      const row = MEMORY_LANE_OPS[name];
      checkLane(name, row, lane);
      access(name, row, offset);
      code.byte(lane);
    },
    lane(name, lane) {
      const row = LANE_OPS[name];
      checkLane(name, row, lane);
      emit(name, row);
      code.byte(lane);
    },
  };
}

/** Instructions whose operands' types are not in a table. */
function otherInstructions(code: ByteSink, stack: TypeStack): OtherInstructions {
  return {
    shuffle(bytes) {
      invariant(
        bytes.length === 16 && bytes.every((b) => b >= 0 && b < 32),
        'i8x16.shuffle takes 16 numbers below 32',
      );
      stack.pop('v128', 'i8x16.shuffle');
      stack.pop('v128', 'i8x16.shuffle');
      stack.push('v128');
      code.byte(0xfd);
      code.u32(0x0d);
      for (const b of bytes) code.byte(b);
    },
    select() {
      stack.pop('i32', 'select');
      const type = stack.top();
      stack.pop(type, 'select');
      stack.pop(type, 'select');
      stack.push(type);
      code.byte(0x1b);
    },
    drop() {
      stack.pop(stack.top(), 'drop');
      code.byte(0x1a);
    },
    call({ index, signature }) {
      for (const param of signature.params.toReversed()) stack.pop(param, 'call');
      for (const result of signature.results) stack.push(result);
      code.byte(0x10);
      code.u32(index);
    },
  };
}

function controlFlow(code: ByteSink, stack: TypeStack): Pick<Assembler, 'loop' | 'if' | 'brIf'> {
  /** Structures that are open, outermost first: what a branch to each of them must find on the stack is nothing. */
  let depth = 0;

  function body(results: readonly WasmType[], what: string, emit: () => void): void {
    depth++;
    stack.nested(results, what, emit);
    depth--;
  }

  return {
    loop(emit) {
      code.byte(0x03);
      code.byte(VOID);
      const start: Label = { depth };
      body([], 'loop', () => {
        emit(start);
      });
      code.byte(0x0b);
    },
    if(result, then, otherwise) {
      invariant(result === null || otherwise !== undefined, 'an if with a result needs both sides');
      const results = result === null ? [] : [result];
      stack.pop('i32', 'if');
      code.byte(0x04);
      code.byte(result === null ? VOID : codeOfType(result));
      body(results, 'if', then);
      if (otherwise !== undefined) {
        code.byte(0x05);
        body(results, 'else', otherwise);
      }
      code.byte(0x0b);
      if (result !== null) stack.push(result);
    },
    brIf(target) {
      invariant(target.depth < depth, 'branch to a structure that is closed');
      stack.pop('i32', 'br_if');
      code.byte(0x0d);
      code.u32(depth - 1 - target.depth);
    },
  };
}
