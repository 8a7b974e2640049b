/** @file Emission of Loop IR statements. Pointers are set and moved as `address-plan.ts` has it. */
import type {
  AddressTerm,
  AssignStatement,
  IfStatement,
  LoopStatement,
  Statement,
} from '../../lower/loop-ir.js';
import type { Pointer } from './address-plan.js';
import type { Label } from './assembler.js';
import { operandOf, type Emitter, type Operand } from './emitter.js';
import type { LocalIndex } from './function-locals.js';
import { emitStore } from './values.js';

export function emitStatements(e: Emitter, body: readonly Statement[]): void {
  for (const s of body) emitStatement(e, s);
}

function emitStatement(e: Emitter, s: Statement): void {
  switch (s.kind) {
    case 'Assign':
      return emitAssign(e, s);
    case 'Store':
      return emitStore(e, s);
    case 'Loop':
      return emitLoop(e, s);
    case 'IfStatement':
      return emitIf(e, s);
  }
}

function emitAssign(e: Emitter, { local, value }: AssignStatement): void {
  const { as } = e;
  e.push(value);
  as.set(e.localOf(local));
  for (const pointer of e.plan.pointersOf(local)) {
    setPointer(e, pointer, (term) => {
      as.get(e.localOf(local));
      as.i32(term.bytes | 0);
      as.op('i32.mul');
      as.op('i32.add');
    });
  }
}

/** Sets a pointer from the one for its outer terms; `addTerm` adds its own term unless that starts as 0. */
function setPointer(e: Emitter, pointer: Pointer, addTerm?: (term: AddressTerm) => void): void {
  const { parent, term, shift } = pointer;
  if (parent === null || term === null) return;
  e.as.get(e.pointerLocal(parent));
  addInt(e, shift - parent.shift);
  addTerm?.(term);
  const local = e.as.temp('i32');
  e.as.set(local);
  e.setPointerLocal(pointer, local);
}

function addInt(e: Emitter, value: number): void {
  if (value === 0) return;
  e.as.i32(value | 0);
  e.as.op('i32.add');
}

function emitIf(e: Emitter, s: IfStatement): void {
  const branch = (body: readonly Statement[]) => (): void => {
    e.as.scope(() => {
      emitStatements(e, body);
    });
  };
  e.push(s.condition);
  e.as.if(null, branch(s.then), s.else.length === 0 ? undefined : branch(s.else));
}

/** The test stands at the end of the body; one at the entry is needed only when the extent is not a literal. */
function emitLoop(e: Emitter, loop: LoopStatement): void {
  const { as } = e;
  const extent = operandOf(e, loop.extent);
  as.scope(() => {
    if (extent.constant !== null) {
      if (extent.constant > 0) emitIterations(e, loop, extent);
      return;
    }
    const trips = as.temp('i32');
    extent.push();
    as.tee(trips);
    as.i32(0);
    as.op('i32.gt_s');
    as.if(null, () => {
      emitIterations(e, loop, {
        ...extent,
        push: () => {
          as.get(trips);
        },
      });
    });
  });
}

/** @param trips how often the loop runs, at least once */
function emitIterations(e: Emitter, loop: LoopStatement, trips: Operand): void {
  const { as, plan } = e;
  const pointers = plan.pointersOf(loop.index);
  for (const pointer of pointers) setPointer(e, pointer);
  const emitTest = plan.isIndexUsed(loop.index)
    ? countUp(e, e.localOf(loop.index), trips)
    : countDown(e, trips);
  as.loop((start) => {
    as.scope(() => {
      emitStatements(e, loop.body);
    });
    for (const pointer of pointers) {
      const local = e.pointerLocal(pointer);
      as.get(local);
      addInt(e, pointer.term?.bytes ?? 0);
      as.set(local);
    }
    emitTest(start);
  });
}

/** Counts in the loop's index. @returns emits the test at the end of an iteration */
function countUp({ as }: Emitter, index: LocalIndex, trips: Operand): (start: Label) => void {
  as.i32(0);
  as.set(index);
  return (start) => {
    as.get(index);
    as.i32(1);
    as.op('i32.add');
    as.tee(index);
    trips.push();
    as.op('i32.ne');
    as.brIf(start);
  };
}

/** Counts in a local of its own, where the index is only used in addresses. @returns as above */
function countDown({ as }: Emitter, trips: Operand): (start: Label) => void {
  const left = as.temp('i32');
  trips.push();
  as.set(left);
  return (start) => {
    as.get(left);
    as.i32(1);
    as.op('i32.sub');
    as.tee(left);
    as.brIf(start);
  };
}
