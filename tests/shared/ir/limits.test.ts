import { describe, expect, it } from 'vitest';
import { checkLimits } from '../../../shared/ir/limits.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { program } from '../schedule/programs.js';

const nest = (loops: number): string =>
  Array.from({ length: loops }, (_, d) => `${'    '.repeat(d + 1)}for i${d} in range(1):`).join('\n') +
  `\n${'    '.repeat(loops + 1)}A[0] = T.float32(1)\n`;

const temporaries = (count: number): string =>
  Array.from({ length: count }, (_, n) => `    T${n} = T.alloc_buffer((1,), "float32")\n`).join('') +
  '    A[0] = T.float32(1)\n';

const A = 'A: T.Buffer((1,), "float32")';

describe('limits', () => {
  it.each([
    ['BYTES', 'A: T.Buffer((1000000000,), "float32")', '    A[0] = T.float32(1)\n', /4000000000 bytes/],
    [
      'RANK',
      'A: T.Buffer((1, 1, 1, 1, 1, 1, 1, 1, 1), "float32")',
      `    A[${'0, '.repeat(8)}0] = T.float32(1)\n`,
      /A/,
    ],
    ['LOOPS', A, nest(17), /17 loops/],
    ['BUFFERS', A, temporaries(32), /33 buffers/],
    [
      'ITERATIONS',
      A,
      '    for i, j in T.grid(1000000, 1000000):\n        A[0] = T.float32(1)\n',
      /1000000000000/,
    ],
  ])('%s', (name, parameters, body, message) => {
    const func = program(parameters, body);
    expect(() => checkLimits(func)).toThrow(expect.objectContaining({ code: `LIMIT_${name}` }));
    expect(() => checkLimits(func)).toThrow(message);
  });

  it('let what is just small enough pass', () => {
    checkLimits(program(A, nest(16)));
    checkLimits(program(A, temporaries(31)));
    checkLimits(buildWorkload('matmul:m=2048,n=2048,k=2048').func);
  });
});
