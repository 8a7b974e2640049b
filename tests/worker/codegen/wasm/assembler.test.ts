import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../../shared/support/errors.js';
import { createAssembler, type Assembler } from '../../../../worker/codegen/wasm/assembler.js';
import { createModule } from '../../../../worker/codegen/wasm/module.js';
import { VALUE_TYPES, type OpRow, type WasmType } from '../../../../worker/codegen/wasm/op-row.js';
import { LANE_OPS, MEMORY_OPS, PLAIN_OPS } from '../../../../worker/codegen/wasm/opcodes.js';
import { createRandom } from './random-addresses.js';
import { openWabt } from './wabt.js';

const wabt = await openWabt();
const NO_LIMITS = { module: 'env', field: 'memory', minPages: 0, maxPages: null };

function constantFunction(result: WasmType, emit: (as: Assembler) => void): () => unknown {
  const module = createModule(NO_LIMITS);
  module.exportFunction('f', module.addFunction({ params: [], results: [result] }, emit));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module.toBytes())), {
    env: { memory },
  });
  const { f } = exports;
  if (typeof f !== 'function') throw new Error('f is not exported');
  return () => f() as unknown;
}

describe('constants', () => {
  it('arrive as they were given', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.float(),
        fc.double(),
        (i32, i64, f32, f64) => {
          expect(
            constantFunction('i32', (as) => {
              as.i32(i32);
            })(),
          ).toBe(i32);
          expect(
            constantFunction('i64', (as) => {
              as.i64(i64);
            })(),
          ).toBe(i64);
          expect(
            constantFunction('f32', (as) => {
              as.f32(f32);
            })(),
          ).toBe(f32);
          expect(
            constantFunction('f64', (as) => {
              as.f64(f64);
            })(),
          ).toBe(f64);
        },
      ),
      {
        numRuns: 200,
        examples: [
          [63, 63n, 0, -0],
          [-64, -65n, NaN, NaN],
          [2 ** 31 - 1, 2n ** 63n - 1n, Infinity, 5e-324],
        ],
      },
    );
  });

  it('outside of their type are refused', () => {
    const as = createAssembler({ params: [], results: [] });
    expect(() => {
      as.i32(2 ** 31);
    }).toThrow(InternalError);
    expect(() => {
      as.i32(0.5);
    }).toThrow(InternalError);
    expect(() => {
      as.i64(2n ** 63n);
    }).toThrow(InternalError);
  });
});

describe('the type stack', () => {
  const cases: Record<string, (as: Assembler) => void> = {
    'i32.add: expected i32 on the Wasm stack, found f32': (as) => {
      as.i32(1);
      as.f32(1);
      as.op('i32.add');
    },
    'i32.add: expected i32 on the Wasm stack, found nothing': (as) => {
      as.i32(1);
      as.op('i32.add');
    },
    'local.set: expected f64 on the Wasm stack, found i64': (as) => {
      const local = as.local('f64');
      as.i64(1n);
      as.set(local);
    },
    'if: expected i32 on the Wasm stack, found v128': (as) => {
      as.v128(new Uint8Array(16));
      as.if(null, () => undefined);
    },
    'end of if: expected f32 on the Wasm stack, found nothing': (as) => {
      as.i32(1);
      as.if(
        'f32',
        () => undefined,
        () => undefined,
      );
    },
    'end of loop: 1 operand(s) too many': (as) => {
      as.loop(() => {
        as.i32(1);
      });
    },
    'end of function: 1 operand(s) too many': (as) => {
      as.i32(1);
      as.finish();
    },
    'i32.eqz: expected i32 on the Wasm stack, found nothing': (as) => {
      as.i32(1);
      // Operands of enclosing structures are out of reach.
      as.loop(() => {
        as.op('i32.eqz');
      });
    },
    'select: expected f32 on the Wasm stack, found f64': (as) => {
      as.f64(1);
      as.f32(1);
      as.i32(1);
      as.select();
    },
    'branch to a structure that is closed': (as) => {
      const labels: { depth: number }[] = [];
      as.loop((start) => {
        labels.push(start);
      });
      as.i32(1);
      for (const label of labels) as.brIf(label);
    },
    'f32x4.extract_lane: no lane 4': (as) => {
      as.v128(new Uint8Array(16));
      as.lane('f32x4.extract_lane', 4);
    },
    'a temp outside of any scope': (as) => {
      as.temp('i32');
    },
    'an if with a result needs both sides': (as) => {
      as.i32(1);
      as.if('i32', () => undefined);
    },
  };

  it.each(Object.entries(cases))('%s', (message, emit) => {
    const as = createAssembler({ params: [], results: [] });
    expect(() => {
      emit(as);
    }).toThrow(`internal: ${message}`);
  });
});

describe('temps', () => {
  it('are used again after their scope, and not before', () => {
    const as = createAssembler({ params: ['i32'], results: [] });
    const seen: number[] = [];
    as.scope(() => {
      const outer = as.temp('i32');
      as.scope(() => {
        seen.push(outer, as.temp('i32'), as.temp('f32'));
      });
      as.scope(() => {
        seen.push(as.temp('f32'), as.temp('i32'), as.temp('i32'));
      });
    });
    expect(seen).toEqual([1, 2, 3, 3, 2, 4]);
  });
});

const entries = <T extends object>(table: T): [keyof T & string, T[keyof T]][] =>
  Object.entries(table) as [keyof T & string, T[keyof T]][];

/** Instructions that every engine of the tests has. */
const PORTABLE = entries(PLAIN_OPS).filter(([name]) => !name.includes('relaxed'));

/** Appends `count` random instructions; pushes constants where operands are missing. */
function emitRandom(as: Assembler, random: (n: number) => number, count: number): void {
  const locals = VALUE_TYPES.map((type) => as.local(type));
  const stack: WasmType[] = [];
  const push = (type: WasmType): void => {
    stack.push(type);
    if (random(2) === 0) as.get(locals[VALUE_TYPES.indexOf(type)] ?? 0);
    else if (type === 'v128') as.v128(new Uint8Array(16).map(() => random(256)));
    else if (type === 'i64') as.i64(BigInt(random(2 ** 32)) << BigInt(random(31)));
    else as[type](random(2 ** 31) * (random(2) - 1));
  };
  const use = (row: OpRow, emit: () => void): void => {
    const isThere = row.params.every((type, n) => stack.at(n - row.params.length) === type);
    if (!isThere) for (const type of row.params) push(type);
    for (const _ of row.params) stack.pop();
    emit();
    if (row.result !== null) stack.push(row.result);
  };
  for (let n = 0; n < count; n++) {
    const [plain, plainRow] = PORTABLE[random(PORTABLE.length)] ?? fail();
    const [memory, memoryRow] = entries(MEMORY_OPS)[random(entries(MEMORY_OPS).length)] ?? fail();
    const [lane, laneRow] = entries(LANE_OPS)[random(entries(LANE_OPS).length)] ?? fail();
    const choice = random(10);
    if (choice < 4)
      use(plainRow, () => {
        as.op(plain);
      });
    else if (choice < 6)
      use(memoryRow, () => {
        as.memory(memory, random(3) === 0 ? 2 ** 32 - 1 : random(300));
      });
    else if (choice < 7)
      use(laneRow, () => {
        as.lane(lane, random(laneRow.lanes));
      });
    else if (choice < 8) nest(as, random, count);
    else if (stack.length > 0) {
      const type = stack.pop() ?? 'i32';
      as.set(locals[VALUE_TYPES.indexOf(type)] ?? 0);
    }
  }
  for (const type of stack.toReversed()) as.set(locals[VALUE_TYPES.indexOf(type)] ?? 0);
}

function nest(as: Assembler, random: (n: number) => number, count: number): void {
  const inner = Math.floor(count / 4);
  const kind = random(3);
  if (kind === 0) {
    as.loop((start) => {
      emitRandom(as, random, inner);
      as.i32(0);
      as.brIf(start);
    });
    return;
  }
  as.i32(random(2));
  const side = (): void => {
    emitRandom(as, random, inner);
    as.f64(1);
    // wabt leaves out an else without instructions.
    if (kind === 2) as.drop();
  };
  as.if(kind === 1 ? 'f64' : null, side, kind === 1 || random(2) === 0 ? side : undefined);
  if (kind === 1) as.drop();
}

function fail(): never {
  throw new Error('the table is empty');
}

describe('random code', () => {
  it('is valid, and wabt writes what it read', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, count) => {
        const random = createRandom(seed);
        const module = createModule({
          ...NO_LIMITS,
          minPages: random(3),
          maxPages: random(2) === 0 ? null : 200,
        });
        const helper = module.addFunction({ params: ['f32', 'v128'], results: ['i64'] }, (as) => {
          emitRandom(as, random, count);
          as.i64(7n);
        });
        const main = module.addFunction({ params: ['i32'], results: [] }, (as) => {
          as.atStart((start) => {
            start.f32(1);
            start.drop();
          });
          emitRandom(as, random, count);
          as.v128(new Uint8Array(16));
          as.v128(new Uint8Array(16));
          as.shuffle(Array.from({ length: 16 }, () => random(32)));
          as.drop();
          as.f32(0);
          as.v128(new Uint8Array(16));
          as.call(helper);
          as.drop();
        });
        module.exportFunction('helper', helper);
        module.exportFunction('main', main);
        const bytes = module.toBytes();
        expect(WebAssembly.validate(new Uint8Array(bytes))).toBe(true);
        expect(wabt.rewrite(bytes)).toEqual(bytes);
      }),
      { numRuns: 150 },
    );
  });
});
