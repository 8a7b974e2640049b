import { describe, expect, it } from 'vitest';
import { FromHostSchema, ToHostSchema } from '../../../shared/protocol/host-message.js';
import {
  EMPTY_TRACE,
  failed,
  FAILURE_CODES,
  MeasureRequestSchema,
} from '../../../shared/protocol/measure.js';

const REQUEST = { script: 'x', target: 'wasm', trace: EMPTY_TRACE };

describe('the measuring protocol', () => {
  it('fills in what a request leaves out', () => {
    const { options } = MeasureRequestSchema.parse(REQUEST);
    expect(options).toEqual({
      buildTimeoutMs: 10_000,
      timeoutMs: 10_000,
      samples: 5,
      minSampleMs: 10,
      warmupMs: 200,
    });
    expect(MeasureRequestSchema.parse({ ...REQUEST, options: { samples: 7 } }).options).toEqual({
      ...options,
      samples: 7,
    });
  });

  it('survives JSON, whatever the message', () => {
    const messages = [
      { type: 'measure', id: 1, request: MeasureRequestSchema.parse(REQUEST) },
      { type: 'cancel', id: 1 },
      { type: 'shutdown' },
    ];
    for (const message of messages)
      expect(ToHostSchema.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
    for (const code of FAILURE_CODES) {
      const message = { type: 'measured', id: 1, outcome: failed(code, 'why') };
      expect(FromHostSchema.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
    }
  });

  it.each([
    ['an unknown target', { ...REQUEST, target: 'llvm' }],
    ['an unknown key', { ...REQUEST, color: 'red' }],
    ['a trace that is none', { ...REQUEST, trace: [[]] }],
    ['a time that is none', { ...REQUEST, options: { timeoutMs: Number.NaN } }],
    ['no time at all', { ...REQUEST, options: { timeoutMs: 0 } }],
  ])('refuses %s', (_, request) => {
    expect(MeasureRequestSchema.safeParse(request).success).toBe(false);
  });

  it('has no measured outcome with a time of nothing', () => {
    const outcome = { status: 'measured', medianNs: 0, samplesNs: [0], spread: 0, batch: 1 };
    expect(FromHostSchema.safeParse({ type: 'measured', id: 1, outcome }).success).toBe(false);
  });
});
