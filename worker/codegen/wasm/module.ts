/** @file Builder of Wasm modules: one imported memory, functions and their exports. */
import { at, invariant } from '../../../shared/support/errors.js';
import { createAssembler, type Assembler, type FunctionRef, type Signature } from './assembler.js';
import { createByteSink, type ByteSink } from './encoding.js';
import { codeOfType } from './op-row.js';

export interface MemoryImport {
  readonly module: string;
  readonly field: string;
  /** Pages of 64 KiB that the memory must have at least. */
  readonly minPages: number;
  /** Pages that the memory must not be able to exceed, `null` for any. */
  readonly maxPages: number | null;
}

export interface ModuleBuilder {
  /** Adds a function, whose instructions `emit` appends. */
  readonly addFunction: (signature: Signature, emit: (as: Assembler) => void) => FunctionRef;
  readonly exportFunction: (name: string, ref: FunctionRef) => void;
  readonly toBytes: () => Uint8Array;
}

const HEADER = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const SECTIONS = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const KIND_FUNCTION = 0;
const KIND_MEMORY = 2;
const FUNCTION_TYPE = 0x60;

export function createModule(memory: MemoryImport): ModuleBuilder {
  const signatures: Signature[] = [];
  const typeIndices: number[] = [];
  const bodies: Uint8Array[] = [];
  const exports: { name: string; index: number }[] = [];

  function typeIndexOf(signature: Signature): number {
    const known = signatures.findIndex((other) => sameTypes(other, signature));
    return known >= 0 ? known : signatures.push(signature) - 1;
  }

  return {
    addFunction(signature, emit) {
      const as = createAssembler(signature);
      emit(as);
      typeIndices.push(typeIndexOf(signature));
      return { index: bodies.push(as.finish()) - 1, signature };
    },
    exportFunction(name, { index }) {
      invariant(index < bodies.length, `export ${name} of an unknown function`);
      exports.push({ name, index });
    },
    toBytes() {
      const out = createByteSink();
      out.bytes(HEADER);
      vectorSection(out, SECTIONS.type, signatures, writeSignature);
      vectorSection(out, SECTIONS.import, [memory], writeMemoryImport);
      vectorSection(out, SECTIONS.function, typeIndices, (section, index) => {
        section.u32(index);
      });
      vectorSection(out, SECTIONS.export, exports, (section, { name, index }) => {
        section.name(name);
        section.byte(KIND_FUNCTION);
        section.u32(index);
      });
      vectorSection(out, SECTIONS.code, bodies, (section, body) => {
        section.u32(body.length);
        section.bytes(body);
      });
      return out.toBytes();
    },
  };
}

function sameTypes(a: Signature, b: Signature): boolean {
  return a.params.join() === b.params.join() && a.results.join() === b.results.join();
}

/** A section that is a list of items. */
function vectorSection<T>(
  out: ByteSink,
  id: number,
  items: readonly T[],
  write: (section: ByteSink, item: T) => void,
): void {
  const section = createByteSink();
  section.u32(items.length);
  for (let n = 0; n < items.length; n++) write(section, at(items, n));
  out.byte(id);
  out.u32(section.size());
  out.bytes(section.toBytes());
}

function writeSignature(section: ByteSink, { params, results }: Signature): void {
  section.byte(FUNCTION_TYPE);
  for (const types of [params, results]) {
    section.u32(types.length);
    for (const type of types) section.byte(codeOfType(type));
  }
}

function writeMemoryImport(section: ByteSink, memory: MemoryImport): void {
  section.name(memory.module);
  section.name(memory.field);
  section.byte(KIND_MEMORY);
  section.byte(memory.maxPages === null ? 0 : 1);
  section.u32(memory.minPages);
  if (memory.maxPages !== null) section.u32(memory.maxPages);
}
