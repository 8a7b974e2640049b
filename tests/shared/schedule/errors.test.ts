import { describe, expect, it } from 'vitest';
import { attempt, ScheduleError } from '../../../shared/schedule/errors.js';
import { InternalError } from '../../../shared/support/errors.js';

const SITE = { primitive: 'split', locations: ['i'] };

function refuse(): never {
  throw new ScheduleError('NOT_A_LOOP', SITE, () => 'i is no loop');
}

describe('attempting a step', () => {
  it('gives what the step gives', () => {
    expect(attempt(() => 7, refuse)).toBe(7);
  });

  it('gives what is made of a refusal', () => {
    expect(attempt(refuse, ({ code, message }) => `${code}: ${message}`)).toBe(
      'NOT_A_LOOP: split: i is no loop [NOT_A_LOOP]',
    );
  });

  it('hides no defect', () => {
    const defect = new InternalError('broken');
    const step = (): never => {
      throw defect;
    };
    expect(() => attempt(step, () => null)).toThrow(defect);
  });
});
