import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/support/errors.js';
import {
  buildWorkload,
  parseWorkloadSpec,
  printWorkloadSpec,
  WORKLOAD_NAMES,
  WORKLOADS,
} from '../../../shared/te/workload-table.js';

describe('the table', () => {
  it.each(WORKLOAD_NAMES)('%s is listed under its name, with defaults inside of their limits', (name) => {
    const row = WORKLOADS[name];
    expect(row.name).toBe(name);
    expect(row.summary).not.toBe('');
    for (const param of Object.values(row.params)) {
      expect(param.default).toBeGreaterThanOrEqual(param.min);
      expect(param.default).toBeLessThanOrEqual(param.max);
      expect(param.doc).not.toBe('');
    }
  });
});

describe('a spec', () => {
  it('has defaults for what it leaves out, and one canonical form', () => {
    expect(buildWorkload('matmul').spec).toBe('matmul:m=128,n=128,k=128');
    expect(buildWorkload(' matmul : k = 64 , m=32 ').spec).toBe('matmul:m=32,n=128,k=64');
    expect(buildWorkload('conv2d_nhwc').spec).toBe(
      'conv2d_nhwc:n=1,h=56,w=56,ci=64,co=64,k=3,s=1,p=1,d=1,g=1',
    );
    expect(buildWorkload('linear').spec).toBe('linear:b=1,i=784,o=128');
    expect(buildWorkload('softmax').spec).toBe('softmax:m=512,n=512');
    expect(buildWorkload('vecadd').spec).toBe('vecadd:n=128');
  });

  it('printed and parsed is the same, whatever the parameters', () => {
    const specs = fc.constantFrom(...WORKLOAD_NAMES).chain((name) => {
      const { params } = WORKLOADS[name];
      const values = Object.entries(params).map(([key, { min, max }]) => [key, fc.integer({ min, max })]);
      const drawn = fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<number>>);
      return drawn.map((picked) => ({ name, params: { ...picked } }));
    });
    fc.assert(
      fc.property(specs, (spec) => {
        expect(parseWorkloadSpec(printWorkloadSpec(spec))).toEqual(spec);
      }),
    );
  });

  it('gives the shapes it asks for', () => {
    const { func } = buildWorkload('matmul:m=3,n=5,k=7');
    expect(func.params.map((p) => p.shape)).toEqual([
      [3, 7],
      [7, 5],
      [3, 5],
    ]);
    const conv = buildWorkload('conv2d_nhwc:n=2,h=9,w=7,ci=4,co=6,k=3,s=2,p=1,d=1,g=2').func;
    expect(conv.params.map((p) => p.shape)).toEqual([
      [2, 9, 7, 4],
      [3, 3, 2, 6],
      [2, 5, 4, 6],
    ]);
  });
});

/** The refusal of a spec. */
function refusal(spec: string): InputError {
  try {
    buildWorkload(spec);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error(`${spec} is accepted`);
}

describe('refusals', () => {
  it.each([
    ['matmull', 'UNKNOWN_WORKLOAD', 'there is no workload "matmull"; did you mean matmul?'],
    ['conv2d_nwhc:k=3', 'UNKNOWN_WORKLOAD', 'did you mean conv2d_nhwc?'],
    ['', 'UNKNOWN_WORKLOAD', 'known are vecadd, '],
    ['zzzzzzzzzz', 'UNKNOWN_WORKLOAD', 'known are vecadd, '],
    ['constructor', 'UNKNOWN_WORKLOAD', 'there is no workload "constructor"'],
    ['__proto__:m=1', 'UNKNOWN_WORKLOAD', 'there is no workload "__proto__"'],
    ['matmul:m=8,q=3', 'UNKNOWN_PARAMETER', 'there is no parameter "q"; known are m, n, k'],
    ['matmul:', 'UNKNOWN_PARAMETER', 'there is no parameter ""'],
    ['matmul:m=8,', 'UNKNOWN_PARAMETER', 'there is no parameter ""'],
    ['matmul:m', 'BAD_PARAMETER', 'm must be an integer from 1 to 16777216, not ""'],
    ['matmul:m=0', 'BAD_PARAMETER', 'm must be an integer from 1 to 16777216, not "0"'],
    ['matmul:m=-4', 'BAD_PARAMETER', 'not "-4"'],
    ['matmul:m=1.5', 'BAD_PARAMETER', 'not "1.5"'],
    ['matmul:m=1e3', 'BAD_PARAMETER', 'not "1e3"'],
    ['matmul:m=0x10', 'BAD_PARAMETER', 'not "0x10"'],
    ['matmul:m=1=2', 'BAD_PARAMETER', 'not "1=2"'],
    ['matmul:m=16777217', 'BAD_PARAMETER', 'not "16777217"'],
    ['matmul:m=99999999999999999999', 'BAD_PARAMETER', 'not "99999999999999999999"'],
    ['matmul:m=8,m=8', 'BAD_PARAMETER', 'm is given twice'],
    ['conv2d_nhwc:g=5', 'BAD_PARAMETER', 'g=5 does not divide ci=64'],
    ['conv2d_nhwc:g=4,co=6', 'BAD_PARAMETER', 'g=4 does not divide co=6'],
    ['conv2d_nhwc:h=3,k=7', 'BAD_SHAPE', 'axis h: a window of 7 (kernel 7, dilation 1) is larger than'],
    ['conv2d_nhwc:w=4,d=4', 'BAD_SHAPE', 'axis w: a window of 9 (kernel 3, dilation 4) is larger than'],
    ['conv2d_transpose_nhwc:k=2,p=2', 'BAD_SHAPE', 'the padding 2 is not below the kernel 2'],
    ['conv2d_transpose_nhwc:h=1,w=1,k=2,p=1', 'BAD_SHAPE', 'the padding 1 leaves nothing of extent 1'],
    ['max_pool2d_nchw:h=1', 'BAD_SHAPE', 'pool_max, axis h'],
  ])('%s: %s', (spec, code, message) => {
    const error = refusal(spec);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('show where the fault is', () => {
    expect(refusal('matmul:m=8, q=3').place).toEqual({ column: 12, text: ' q=3' });
    expect(refusal('matmul:m=0').place).toEqual({ column: 8, text: 'm=0' });
  });

  it('of any text whatever are typed, short and soon', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((s) => `matmul:${s}`),
      fc.string().map((s) => `conv2d_nhwc:k=${s},p=1`),
      fc.constant(`${'x'.repeat(100_000)}:m=1`),
      fc.constant(`matmul:m=${'9'.repeat(100_000)}`),
    );
    fc.assert(
      fc.property(nasty, (text) => {
        try {
          expect(WORKLOAD_NAMES).toContain(parseWorkloadSpec(text).name);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          expect(error.message.length).toBeLessThan(700);
        }
      }),
      { numRuns: 500 },
    );
  });
});
