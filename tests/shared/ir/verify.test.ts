import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, int, load, variable } from '../../../shared/ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  iterVar,
  primFunc,
  range,
  seq,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { Stmt } from '../../../shared/ir/stmt.js';
import { verifyFunc } from '../../../shared/ir/verify.js';
import { program } from '../schedule/programs.js';

const A = buffer('A', [8]);
const B = buffer('B', [8]);

function refused(code: string, body: Stmt, params = [A, B]): void {
  const func = primFunc('main', { params, body });
  expect(() => verifyFunc(func)).toThrow(expect.objectContaining({ code: `IR_${code}` }));
}

const PARAMETERS = 'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")';

/** A block of one iterator over `extent`, which stores to B at `index`. */
function accessing(loops: string, extent: number, binding: string, index: string, guard = 'True') {
  return program(
    PARAMETERS,
    `
    for ${loops}:
        with T.block("B"):
            vi = T.axis.spatial(${extent}, ${binding})
            T.where(${guard})
            B[${index}] = A[0]
`,
  );
}

describe('structure', () => {
  it('refuses what is not there, or there twice', () => {
    const i = variable('i');
    const copy = (v = i): Stmt => store(B, load(A, [v]), [v]);
    refused('UNBOUND_VARIABLE', copy());
    refused('UNKNOWN_BUFFER', store(buffer('C', [1]), 0, [0]));
    refused('DUPLICATE_LOOP', forLoop(i, 8, forLoop(i, 8, copy())));
    refused('DUPLICATE_LOOP', seq([forLoop(i, 8, copy()), forLoop(i, 8, copy())]));
    refused('DUPLICATE_BUFFER', forLoop(i, 8, copy()), [A, B, A]);
    refused('NO_OUTPUT', seq([]));
    const twice = (): Stmt => blockRealize([], block('b', { body: store(B, 1, [0]) }));
    refused('DUPLICATE_BLOCK', seq([twice(), twice()]));
  });

  it('refuses loops that may be empty', () => {
    const [i, j] = [variable('i'), variable('j')];
    refused('EXTENT', forLoop(i, 8, forLoop(j, i, store(B, 1, [i]))));
    const func = primFunc('main', {
      params: [A, B],
      body: forLoop(i, 8, forLoop(j, add(i, 1), store(B, load(A, [j]), [i]))),
    });
    verifyFunc(func);
  });

  it('refuses blocks whose iterators may leave their domain', () => {
    const i = variable('i');
    const v = variable('v');
    const body = store(B, 1, [v]);
    const realize = (extent: number): Stmt =>
      blockRealize([i], block('b', { iterVars: [iterVar(v, range(0, extent), 'spatial')], body }));
    refused('ITERATOR_DOMAIN', forLoop(i, 9, realize(8)));
    verifyFunc(primFunc('main', { params: [A, B], body: forLoop(i, 8, realize(8)) }));
    refused('OUT_OF_BOUNDS', forLoop(i, 9, realize(9)));
    refused('OUT_OF_BOUNDS', store(B, 1, [int(-1)]));
  });
});

describe('bounds', () => {
  it.each([
    ['a tail behind its predicate', 'i, j in T.grid(3, 3)', 8, 'i * 3 + j', 'vi', 'i * 3 + j < 8'],
    ['both halves of a fusion', 'f in range(8)', 8, 'f', 'vi // 4 * 4 + vi % 4', 'True'],
    ['a predicate on a part', 'f in range(10)', 8, 'f // 4 * 4 + f % 4', 'vi', 'f < 8'],
    ['a quotient of what a predicate bounds', 'f in range(10)', 4, 'f // 4 * 2 + f % 4 // 2', 'vi', 'f < 8'],
    ['two predicates together', 'i, j in T.grid(4, 4)', 8, 'i + j', 'vi', 'i < 3 and j + i < 5'],
    [
      'the first of many conditions',
      'i, j, k, l in T.grid(10, 4, 4, 4)',
      8,
      'i',
      'vi',
      'i < 8 and j < 3 and j >= 1 and k < 3 and k >= 1 and l < 3 and l >= 1',
    ],
    ['a clamped index', 'i in range(20)', 20, 'i', 'T.min(vi, 7)', 'True'],
    ['a remainder', 'i in range(20)', 20, 'i', 'vi % 8', 'True'],
  ])('are seen through %s', (_, loops, extent, binding, index, guard) => {
    verifyFunc(accessing(loops, extent, binding, index, guard));
  });

  it.each([
    ['no predicate', 'i, j in T.grid(3, 3)', 9, 'i * 3 + j', 'vi', 'True'],
    ['one that is too weak', 'i, j in T.grid(3, 3)', 9, 'i * 3 + j', 'vi', 'i * 3 + j < 9'],
    ['one on something else', 'i, j in T.grid(3, 3)', 9, 'i * 3 + j', 'vi', 'j < 2'],
    ['a shift', 'i in range(8)', 8, 'i', 'vi + 1', 'True'],
    ['a negative shift', 'i in range(8)', 8, 'i', 'vi - 1', 'True'],
  ])('are not taken from %s', (_, loops, extent, binding, index, guard) => {
    const func = accessing(loops, extent, binding, index, guard);
    expect(() => verifyFunc(func)).toThrow(expect.objectContaining({ code: 'IR_OUT_OF_BOUNDS' }));
  });
});
