import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { selectOne } from '../../db/statement.js';
import { readSubmission } from '../../server/submission.js';
import { TuneSubmissionSchema, type TuneSubmissionInput } from '../../shared/protocol/tune.js';
import { at } from '../../shared/support/errors.js';
import { problemOf, submit, testApp, TWO_FUNCTIONS } from './harness.js';

/** A copy of `n` floats whose parts may be written otherwise. */
function script({ n = '8', extent = '8', value = 'A[v]' } = {}): string {
  return `
@T.prim_func
def copy(A: T.Buffer((${n},), "float32"), B: T.Buffer((${n},), "float32")):
    for i in range(${extent}):
        with T.block("body"):
            v = T.axis.spatial(${extent}, i)
            B[v] = ${value}
`;
}

const REFUSED: readonly (readonly [string, TuneSubmissionInput, number, object])[] = [
  [
    'an unknown workload',
    { workload: 'matmull:m=8' },
    422,
    { code: 'UNKNOWN_WORKLOAD', column: 1, text: 'matmull' },
  ],
  [
    'an unknown parameter',
    { workload: 'matmul:m=8,q=1' },
    422,
    { code: 'UNKNOWN_PARAMETER', column: 12, text: 'q=1' },
  ],
  ['a zero extent', { workload: 'matmul:m=0' }, 422, { code: 'BAD_PARAMETER', column: 8, text: 'm=0' }],
  ['a negative extent', { workload: 'matmul:m=-1' }, 422, { code: 'BAD_PARAMETER', text: 'm=-1' }],
  ['10^9 elements', { workload: 'vecadd:n=1000000000' }, 422, { code: 'BAD_PARAMETER', column: 8 }],
  [
    '10^9 elements, in two dimensions',
    { workload: 'matmul:m=32768,n=32768,k=1' },
    422,
    { code: 'LIMIT_BYTES' },
  ],
  ['too many operations', { workload: 'matmul:m=4096,n=4096,k=4096' }, 422, { code: 'LIMIT_ITERATIONS' }],
];

const REFUSED_SCRIPTS: readonly (readonly [string, TuneSubmissionInput, number, object])[] = [
  ['a script that is no Python', { script: 'def f(:\n' }, 422, { code: 'SCRIPT_SYNTAX', line: 1, column: 7 }],
  ['a script without a function', { script: 'x = 1\n' }, 422, { code: 'SCRIPT_EMPTY' }],
  ['a name that nobody has', { script: script({ value: 'C[v]' }) }, 422, { line: 7, column: 20, text: 'C' }],
  [
    '10^9 elements in a script',
    { script: script({ n: '1000000000', extent: '1000000000' }) },
    422,
    { code: 'LIMIT_BYTES' },
  ],
  ['a buffer of nothing', { script: script({ n: '0' }) }, 422, {}],
  ['an empty loop', { script: script({ extent: '0' }) }, 422, {}],
  ['a load beyond the end', { script: script({ value: 'A[v + 1]' }) }, 422, { code: 'IR_OUT_OF_BOUNDS' }],
  ['a store beyond the end', { script: script({ extent: '9' }) }, 422, { code: 'IR_OUT_OF_BOUNDS' }],
];

const REFUSED_SHAPES: readonly (readonly [string, object, number, object])[] = [
  [
    'an unknown target',
    { workload: 'matmul', target: 'llvm' },
    400,
    { pointer: '/target', detail: /wasm-simd128/ },
  ],
  ['an unknown strategy', { workload: 'matmul', strategy: 'magic' }, 400, { pointer: '/strategy' }],
  ['no trials', { workload: 'matmul', budget: { trials: 0 } }, 400, { pointer: '/budget/trials' }],
  ['no time', { workload: 'matmul', budget: { seconds: 0 } }, 400, { pointer: '/budget/seconds' }],
  ['an unknown member', { workload: 'matmul', threads: 4 }, 400, { detail: /threads/ }],
  ['half a seed', { workload: 'matmul', seed: 0.5 }, 400, { pointer: '/seed' }],
  ['nothing to tune', {}, 400, { pointer: '/workload' }],
  ['two things to tune', { workload: 'matmul', script: 'x' }, 400, { pointer: '/workload' }],
  ['a function of no script', { workload: 'matmul', func: 'f' }, 400, { pointer: '/func' }],
];

describe('what is refused names the fault and the place, and is not stored', () => {
  it.each([...REFUSED, ...REFUSED_SCRIPTS, ...REFUSED_SHAPES])('%s', async (_, body, status, expected) => {
    const service = testApp();
    const problem = problemOf(await submit(service, body));
    expect(problem.status, problem.detail).toBe(status);
    if (status === 422) expect(problem.pointer).toBe('script' in body ? '/script' : '/workload');
    for (const [name, value] of Object.entries(expected)) {
      const given = z.record(z.string(), z.unknown()).parse(problem)[name];
      if (value instanceof RegExp) expect(given).toMatch(value);
      else expect(given, `${name} of ${problem.detail}`).toBe(value);
    }
    for (const table of ['tunes', 'tasks', 'workloads', 'events']) {
      const row = selectOne(service.db, z.object({ n: z.int() }), `SELECT count(*) AS n FROM ${table}`);
      expect(row?.n, table).toBe(0);
    }
    expect(service.tuner.notified()).toBe(0);
  });

  it('a function that the script does not have', async () => {
    const problem = problemOf(await submit(testApp(), { script: TWO_FUNCTIONS, func: 'third' }));
    expect(problem).toMatchObject({ status: 422, code: 'UNKNOWN_FUNCTION', pointer: '/func' });
    expect(problem.detail).toContain('first, second');
  });

  it('in few words, whatever was sent', async () => {
    const functions = Array.from({ length: 300 }, (_, i) => script().replace('copy', `copy_${i}`)).join('');
    const literal = script({ value: '9'.repeat(50_000) });
    for (const text of [functions, literal]) {
      const answer = await submit(testApp(), { script: text });
      expect(problemOf(answer).status).toBe(422);
      expect(answer.body.length).toBeLessThan(4000);
    }
  });
});

function read(body: TuneSubmissionInput) {
  return readSubmission(TuneSubmissionSchema.parse(body));
}

describe('constants', () => {
  const scriptOf = (body: TuneSubmissionInput): string[] => read(body).map(({ program }) => program.script);

  it('are declared in the program, whether it is a workload or a script', () => {
    const [built = ''] = scriptOf({ workload: 'linear:b=1,i=8,o=4', constants: ['W', 'B'] });
    expect(built).toContain('"layout_free_buffers": [1, 2]');
    const [again] = scriptOf({ script: built, constants: ['W'] });
    expect(again).toBe(built);
  });

  it('go to those functions of a script that have them', () => {
    const both = `${script()}${script().replace('copy(A', 'other(In').replace('A[v]', 'In[v]')}`;
    const [first, second] = scriptOf({ script: both, constants: ['In'] });
    expect(first).not.toContain('layout_free_buffers');
    expect(second).toContain('"layout_free_buffers": [0]');
  });

  it.each<[string, TuneSubmissionInput, string, object]>([
    [
      'unknown names',
      { workload: 'linear:b=1', constants: ['V'] },
      '/constants',
      { code: 'UNKNOWN_CONSTANT' },
    ],
    ['outputs', { workload: 'linear:b=1', constants: ['Z'] }, '/constants', { code: 'IR_CONSTANTS' }],
    [
      'unknown names of a task',
      { tasks: [{ workload: 'linear:b=1', constants: ['V'] }] },
      '/tasks/0/constants',
      { code: 'UNKNOWN_CONSTANT' },
    ],
  ])('are refused for %s', async (_, body, pointer, expected) => {
    const problem = problemOf(await submit(testApp(), body));
    expect(problem).toMatchObject({ status: 422, pointer, ...expected });
  });

  it('belong to a task when there are several', async () => {
    const body = { tasks: [{ workload: 'linear:b=1' }], constants: ['W'] };
    expect(problemOf(await submit(testApp(), body))).toMatchObject({ status: 400, pointer: '/constants' });
  });
});

describe('what is accepted', () => {
  it('is one program however it was written', () => {
    const built = at(read({ workload: 'matmul:m=8,k=16,n=8' }), 0);
    expect(built.workloadSpec).toBe('matmul:m=8,n=8,k=16');
    expect(built.program.flops).toBe(2 * 8 * 8 * 16);
    const written = at(read({ script: built.program.script }), 0);
    expect(written.workloadSpec).toBeNull();
    expect(written.program).toEqual({ ...built.program, func: written.program.func });
    expect(read({ script: script() })[0]?.program.flops).toBe(0);
  });
});
