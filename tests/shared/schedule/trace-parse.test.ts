import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson, traceToJson } from '../../../shared/schedule/trace.js';
import { ScheduleError } from '../../../shared/schedule/errors.js';
import { InputError } from '../../../shared/support/errors.js';
import { matmul } from './programs.js';

const BLOCK = ['GetSBlock', [], ['C', 'main'], ['b0']];
const LOOPS = ['GetLoops', ['b0'], [], ['l1', 'l2', 'l3']];
const TILE = ['SamplePerfectTile', ['l1'], [2, 16], ['v4', 'v5']];

function faultOf(json: unknown): InputError {
  try {
    traceFromJson(json);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('the trace was accepted');
}

describe('traceFromJson refuses, naming the place,', () => {
  it.each<[string, string, string, unknown]>([
    ['what is no trace', 'TRACE_MALFORMED', '', null],
    ['a string', 'TRACE_MALFORMED', '', '[[],[]]'],
    ['a trace without decisions', 'TRACE_MALFORMED', '', [[]]],
    ['instructions that are no list', 'TRACE_MALFORMED', '/0', [{}, []]],
    ['decisions that are no list', 'TRACE_MALFORMED', '/1', [[], null]],
    ['an instruction that is too short', 'TRACE_MALFORMED', '/0/1', [[BLOCK, ['GetLoops', ['b0'], []]], []]],
    ['a kind that is no string', 'TRACE_MALFORMED', '/0/0/0', [[[1, [], [], []]], []]],
    ['an unknown kind', 'TRACE_UNKNOWN_INSTRUCTION', '/0/1/0', [[BLOCK, ['Teleport', ['b0'], [], []]], []]],
    ['a kind that objects have', 'TRACE_UNKNOWN_INSTRUCTION', '/0/0/0', [[['toString', [], [], []]], []]],
    ['a variable before its definition', 'TRACE_UNKNOWN_VARIABLE', '/0/0/1/0', [[LOOPS, BLOCK], []]],
    [
      'an unquoted string',
      'TRACE_UNKNOWN_VARIABLE',
      '/0/1/1/1',
      [[BLOCK, ['Annotate', ['b0', 'x'], ['k'], []]], []],
    ],
    ['a missing input', 'TRACE_BAD_ARGUMENT', '/0/1/1/0', [[BLOCK, ['GetLoops', [], [], []]], []]],
    [
      'an input too many',
      'TRACE_BAD_ARGUMENT',
      '/0/1/1/1',
      [[BLOCK, ['GetLoops', ['b0', 'b0'], [], []]], []],
    ],
    ['a block for a loop', 'TRACE_BAD_ARGUMENT', '/0/1/1/0', [[BLOCK, ['Parallel', ['b0'], [], []]], []]],
    [
      'a loop for a block',
      'TRACE_BAD_ARGUMENT',
      '/0/2/1/0',
      [[BLOCK, LOOPS, ['ComputeInline', ['l1'], [], []]], []],
    ],
    [
      'a loop for a factor',
      'TRACE_BAD_ARGUMENT',
      '/0/2/1/1',
      [[BLOCK, LOOPS, ['Split', ['l1', 'l2'], [1, 0], ['l4']]], []],
    ],
    [
      'a fractional factor',
      'TRACE_BAD_ARGUMENT',
      '/0/2/1/1',
      [[BLOCK, LOOPS, ['Split', ['l1', 1.5], [1, 0], ['l4']]], []],
    ],
    [
      'an index map that cannot be read',
      'TRACE_BAD_ARGUMENT',
      '/0/1/1/1',
      [[BLOCK, ['TransformLayout', ['b0', 'lambda i: (j,)'], [0, 1, null, 0], []]], []],
    ],
    [
      'a string for a pad value',
      'TRACE_BAD_ARGUMENT',
      '/0/1/2/2',
      [[BLOCK, ['TransformLayout', ['b0', 'lambda i: (i,)'], [0, 1, '0', 0], []]], []],
    ],
    [
      'an index map in a value',
      'TRACE_BAD_ARGUMENT',
      '/0/1/1/1',
      [[BLOCK, ['Annotate', ['b0', ['lambda i: (i,)']], ['k'], []]], []],
    ],
    [
      'a block in a value',
      'TRACE_BAD_ARGUMENT',
      '/0/1/1/1',
      [[BLOCK, ['Annotate', ['b0', ['b0']], ['k'], []]], []],
    ],
    ['a missing attribute', 'TRACE_BAD_ARGUMENT', '/0/0/2/1', [[['GetSBlock', [], ['C'], ['b0']]], []]],
    ['an attribute too many', 'TRACE_BAD_ARGUMENT', '/0/1/2/0', [[BLOCK, ['GetLoops', ['b0'], [1], []]], []]],
    [
      'a flag that is none',
      'TRACE_BAD_ARGUMENT',
      '/0/2/2/0',
      [[BLOCK, LOOPS, ['Split', ['l1', 4], [2, 0], ['l4']]], []],
    ],
    ['a number for a name', 'TRACE_BAD_ARGUMENT', '/0/0/2/0', [[['GetSBlock', [], [1, 'main'], ['b0']]], []]],
    ['no output', 'TRACE_MALFORMED', '/0/0/3', [[['GetSBlock', [], ['C', 'main'], []]], []]],
    [
      'an output too many',
      'TRACE_MALFORMED',
      '/0/2/3',
      [[BLOCK, LOOPS, ['Parallel', ['l1'], [], ['l4']]], []],
    ],
    [
      'an output of another sort',
      'TRACE_MALFORMED',
      '/0/0/3/0',
      [[['GetSBlock', [], ['C', 'main'], ['l0']]], []],
    ],
    [
      'a name that is none',
      'TRACE_MALFORMED',
      '/0/0/3/0',
      [[['GetSBlock', [], ['C', 'main'], ['block']]], []],
    ],
    ['a second definition', 'TRACE_MALFORMED', '/0/1/3/0', [[BLOCK, BLOCK], []]],
    ['a decision for no instruction', 'TRACE_BAD_DECISION', '/1/0/0', [[BLOCK], [[1, 0]]]],
    ['a decision that is no pair', 'TRACE_MALFORMED', '/1/0', [[BLOCK], [3]]],
    ['a decision of what decides nothing', 'TRACE_BAD_DECISION', '/1/0/1', [[BLOCK], [[0, 0]]]],
    [
      'two decisions',
      'TRACE_BAD_DECISION',
      '/1/1/0',
      [
        [BLOCK, LOOPS, TILE],
        [
          [2, [4, 1]],
          [2, [4, 1]],
        ],
      ],
    ],
    ['an index for a tile', 'TRACE_BAD_DECISION', '/1/0/1', [[BLOCK, LOOPS, TILE], [[2, 1]]]],
    ['a fractional tile', 'TRACE_BAD_DECISION', '/1/0/1', [[BLOCK, LOOPS, TILE], [[2, [0.5, 8]]]]],
    [
      'a tile for an index',
      'TRACE_BAD_DECISION',
      '/1/0/1',
      [[['SampleCategorical', [], [[1], [1]], ['v0']]], [[0, [0]]]],
    ],
  ])('%s', (_, code, pointer, json) => {
    const error = faultOf(json);
    expect(error.code).toBe(code);
    expect(error.place).toEqual({ pointer });
    expect(error.message.length).toBeGreaterThan(10);
  });

  it('values that are nested beyond reason', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 50_000; depth++) value = [value];
    expect(faultOf([[BLOCK, ['Annotate', ['b0', value], ['k'], []]], []]).code).toBe('TRACE_MALFORMED');
  });

  it('unknown instructions by index and kind', () => {
    const error = faultOf([[BLOCK, ['Tensorize', ['b0'], ['dot', 1], []]], []]);
    expect(error.message).toMatch(/instruction 1 has the unknown kind Tensorize/);
  });
});

describe('a damaged trace', () => {
  const sch = createSchedule(matmul(8));
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2, decision: [2, 4] }));
  sch.reorder(i, j0, k, j1);
  sch.annotate(block, 'note', ['x', { kind: 'BlockRV' }]);
  sch.decomposeReduction(block, k);
  const json = JSON.stringify(traceToJson(sch.trace));

  it('is read as it was when it is whole', () => {
    expect(JSON.stringify(traceToJson(traceFromJson(JSON.parse(json))))).toBe(json);
  });

  it('is either replayed or refused, and never breaks anything', () => {
    const damage = fc.tuple(
      fc.nat(json.length - 1),
      fc.nat(3),
      fc.constantFrom('', '1', '"', '[', ']', ',', 'l9', '-'),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        let text = json;
        for (const [at, length, insert] of damages)
          text = text.slice(0, at) + insert + text.slice(at + length);
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          return;
        }
        try {
          applyTrace(matmul(8), traceFromJson(parsed));
        } catch (error) {
          if (!(error instanceof InputError || error instanceof ScheduleError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused whatever value stands in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          traceFromJson(value);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});
