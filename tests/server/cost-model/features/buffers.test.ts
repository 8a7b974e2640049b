/** @file Groups 2 and 3 on programs small enough to work them out by hand. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../shared/support/errors.js';
import { BUFFER_FEATURES, FEATURE_NAMES } from '../../../../server/cost-model/features/names.js';
import { funcOf, namedRowsOf, program, rowsOf, slog } from './rows.js';

type Row = Readonly<Record<string, number>>;

/** The numbers of the buffer at a place of a row, `slog` undone. */
function bufferOf(row: readonly number[], place: number): Row {
  const offset = FEATURE_NAMES.indexOf(`B${place}.acc_type.kRead`);
  const names = FEATURE_NAMES.slice(offset, offset + BUFFER_FEATURES);
  return Object.fromEntries(
    names.map((name, i) => {
      const value = at(row, offset + i);
      return [name.slice(3), name.includes('_type.') ? value : 2 ** value - 1];
    }),
  );
}

function expectBuffer(actual: Row, expected: Row): void {
  for (const [name, want] of Object.entries(expected)) {
    expect(
      Math.abs((actual[name] ?? NaN) - want) / Math.max(1, want),
      `${name}: ${actual[name]}`,
    ).toBeLessThan(1e-4);
  }
}

const NO_REUSE = { 'reuse_type.kNoReuse': 1, reuse_dis_iter: 0, reuse_dis_bytes: 0, reuse_ct: 0 };

describe('memory that is touched', () => {
  it('of a vector: each element once, in whole cache lines', () => {
    const func = program({ A: '64', B: '64', C: '64' }, 'for i in T.vectorized(64):\n    C[i] = A[i] + B[i]');
    const row = at(rowsOf(func), 0);
    const once = { bytes: 256, unique_bytes: 256, lines: 4, unique_lines: 4, stride: 1, ...NO_REUSE };
    // Not used again counts as half a time.
    const halves = {
      bytes_d_reuse_ct: 512,
      unique_bytes_d_reuse_ct: 512,
      lines_d_reuse_ct: 8,
      unique_lines_d_reuse_ct: 8,
    };
    for (const place of [0, 1])
      expectBuffer(bufferOf(row, place), { 'acc_type.kRead': 1, ...once, ...halves });
    expectBuffer(bufferOf(row, 2), { 'acc_type.kWrite': 1, 'acc_type.kRead': 0, ...once, ...halves });
    expect(row.slice(57 + 54, 57 + 90)).toEqual(Array.from({ length: 36 }, () => 0));
  });

  it.each([
    ['A[i * 16]', { unique_bytes: 4 * (63 * 16 + 1), lines: 64, stride: 16 }],
    ['A[i * 4 + 2]', { unique_bytes: 4 * (63 * 4 + 1), lines: 16, stride: 4 }],
    ['A[63 - i]', { unique_bytes: 256, lines: 4, stride: 1 }],
    ['A[i] + A[i + 1] + A[i + 2]', { unique_bytes: 4 * 66, lines: 4, stride: 1 }],
    ['A[i // 8]', { unique_bytes: 4 * 8, stride: 1 }],
    ['A[i % 8 * 2]', { unique_bytes: 4 * 15, stride: 2 }],
    ['T.if_then_else(0 < i, A[i - 1], T.float32(0))', { unique_bytes: 256, stride: 1 }],
  ])('of %s', (value, expected) => {
    const func = program({ A: '2048', C: '64' }, `for i in range(64):\n    C[i] = ${value}`);
    const row = at(rowsOf(func), 0);
    const read = [0, 1].map((place) => bufferOf(row, place)).find((buffer) => buffer['acc_type.kRead'] === 1);
    expectBuffer(read ?? {}, expected);
  });

  it('of columns: a line per element, the stride that of a row', () => {
    const func = program(
      { A: '64, 32', C: '64' },
      'for j, i in T.grid(32, 64):\n    C[i] = A[i, j] * A[i, j]',
    );
    expectBuffer(bufferOf(at(rowsOf(func), 0), 0), {
      bytes: 8192,
      unique_bytes: 8192,
      lines: 2048,
      unique_lines: 128,
      stride: 32,
    });
  });

  it('of an index that is loaded: perhaps the whole buffer', () => {
    const func = program(
      { A: '50', B: '64', C: '64' },
      'for i in range(64):\n    C[i] = A[T.max(0, T.min(B[i], 99))]',
      'int32',
    );
    const row = at(rowsOf(func), 0);
    const sizes = [0, 1, 2].map((place) => bufferOf(row, place)['unique_bytes'] ?? 0);
    expect(sizes.map(Math.round).toSorted((a, b) => a - b)).toEqual([256, 256, 400]);
  });

  it('is what the loops run over, whatever a predicate keeps out', () => {
    const func = program(
      { A: '10', C: '10' },
      `
for i0, i1 in T.grid(3, 4):
    with T.block("C"):
        vi = T.axis.spatial(10, i0 * 4 + i1)
        T.where(i0 * 4 + i1 < 10)
        C[vi] = A[vi]
`,
    );
    expectBuffer(bufferOf(at(rowsOf(func), 0), 0), { bytes: 48, unique_bytes: 48 });
  });

  it('counts bytes of the element type', () => {
    const sizes = ['int8', 'int32', 'float64'].map((dtype) => {
      const func = program({ A: '64', C: '64' }, 'for i in range(64):\n    C[i] = A[i]', dtype);
      return Math.round(bufferOf(at(rowsOf(func), 0), 0)['bytes'] ?? 0);
    });
    expect(sizes).toEqual([64, 256, 512]);
  });
});

describe('reuse', () => {
  it('by a loop that the indices do not depend on: the innermost one', () => {
    const func = program(
      { A: '8, 16', C: '8' },
      `
for i in T.parallel(8):
    for k in range(16):
        C[i] = C[i] + A[i, k]
`,
    );
    const row = at(rowsOf(func), 0);
    // C has no line per iteration, A has a sixteenth of one.
    const [a, c] = [bufferOf(row, 0), bufferOf(row, 1)];
    expectBuffer(a, { 'acc_type.kRead': 1, bytes: 512, unique_bytes: 512, lines: 8, stride: 1, ...NO_REUSE });
    expectBuffer(c, { 'acc_type.kReadWrite': 1, bytes: 512, unique_bytes: 32, lines: 1, stride: 0 });
    // One execution touches an element of each.
    expectBuffer(c, {
      'reuse_type.kLoopMultipleRead': 1,
      reuse_dis_iter: 1,
      reuse_dis_bytes: 8,
      reuse_ct: 16,
    });
    expectBuffer(c, { bytes_d_reuse_ct: 32, unique_bytes_d_reuse_ct: 2 });
  });

  it('by an outer loop: as far away as what the inner ones touch', () => {
    const func = program({ A: '16', C: '8, 16' }, 'for i, j in T.grid(8, 16):\n    C[i, j] = A[j]');
    const row = at(rowsOf(func), 0);
    expectBuffer(bufferOf(row, 0), {
      'acc_type.kRead': 1,
      'reuse_type.kLoopMultipleRead': 1,
      reuse_dis_iter: 16,
      reuse_dis_bytes: 128,
      reuse_ct: 8,
    });
  });

  it('by stores one after the other under a loop', () => {
    const func = program(
      { A: '8, 16', B: '8, 16', C: '8, 16' },
      `
for i in range(8):
    for j in range(16):
        B[i, j] = A[i, j]
    for j2 in range(4):
        C[i, j2] = B[i, j2] * A[i, j2]
`,
    );
    const [first, second] = rowsOf(func);
    for (const place of [0, 1]) expectBuffer(bufferOf(first ?? [], place), NO_REUSE);
    // In each iteration of i: 16 elements of A and B before, then 4 of all three; the smaller use of each is of 4.
    for (const place of [0, 1]) {
      expectBuffer(bufferOf(second ?? [], place), {
        'reuse_type.kSerialMultipleReadWrite': 1,
        reuse_ct: 1,
        reuse_dis_iter: 4,
        reuse_dis_bytes: 4 * (16 * 2 + 4 * 3),
      });
    }
    expectBuffer(bufferOf(second ?? [], 2), NO_REUSE);
  });
});

describe('the buffers of a row', () => {
  it('are those with most lines, then most bytes, then by name; five at most', () => {
    const names = ['E', 'D', 'B', 'A', 'F', 'C'];
    const params = names.map((name) => `${name}: T.Buffer((${name === 'F' ? '64, 64' : '64'},), "float32")`);
    const func = funcOf(`
@T.prim_func
def main(${params.join(', ')}, G: T.Buffer((64,), "float64")):
    for i in range(64):
        A[i] = B[i] + C[i] + D[i] + E[i] + F[i, 0] + T.Cast("float32", G[i])
`);
    const row = at(rowsOf(func), 0);
    const places = [0, 1, 2, 3, 4].map((place) => bufferOf(row, place));
    // F has a line per element, G the most bytes of the others; of the rest A comes first, and it is the written one.
    expect(places.map((buffer) => Math.round(buffer['lines'] ?? 0))).toEqual([64, 8, 4, 4, 4]);
    expect(places.map((buffer) => Math.round(buffer['bytes'] ?? 0))).toEqual([256, 512, 256, 256, 256]);
    expect(places.map((buffer) => buffer['acc_type.kWrite'])).toEqual([0, 0, 1, 0, 0]);
  });
});

describe('arithmetic intensity', () => {
  const curveOf = (body: string): number[] => {
    const [row] = namedRowsOf(program({ A: '4', B: '8', C: '8, 4' }, body));
    return Array.from({ length: 10 }, (_, i) => row?.[`arith_intensity_curve_${i}`] ?? NaN);
  };

  it('of one loop is flat: operations per byte', () => {
    for (const value of curveOf('for j in range(4):\n    C[0, j] = A[j] + A[j]'))
      expect(value).toBeCloseTo(slog(4 / 32), 5);
  });

  it('grows along with the operations of the loops', () => {
    // j alone: 4 operations on 4 + 1 + 4 elements; i and j: 32 on 4 + 8 + 32.
    const [inner, outer] = [4 / 36, 32 / 176];
    const curve = curveOf('for i, j in T.grid(8, 4):\n    C[i, j] = A[j] * B[i]');
    curve.forEach((value, i) => {
      const ops = (32 * (i + 1)) / 10;
      const expected = ops <= 4 ? inner : inner + ((outer - inner) * (ops - 4)) / (32 - 4);
      expect(value).toBeCloseTo(slog(expected), 5);
    });
  });

  it('is zero where no floats are computed', () => {
    expect(curveOf('for i, j in T.grid(8, 4):\n    C[i, j] = A[j]')).toEqual(
      Array.from({ length: 10 }, () => 0),
    );
  });
});
