import { describe, expect, it } from 'vitest';
import { EngineFingerprintSchema } from '../../shared/protocol/measure.js';
import { fingerprintOf } from '../../worker/engine.js';

describe('fingerprintOf', () => {
  it('is stable, and tells engines with different flags apart', () => {
    const fingerprint = fingerprintOf(['--no-liftoff']);
    expect(fingerprintOf(['--no-liftoff'])).toEqual(fingerprint);
    expect(EngineFingerprintSchema.parse(fingerprint)).toEqual(fingerprint);
    expect(fingerprintOf([]).id).not.toBe(fingerprint.id);
  });
});
