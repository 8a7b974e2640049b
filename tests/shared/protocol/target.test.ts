import { describe, expect, it } from 'vitest';
import { isTargetId, TARGET_IDS, targetOf, TARGETS } from '../../../shared/protocol/target.js';

describe('targets', () => {
  it('are found by their name', () => {
    for (const id of TARGET_IDS) {
      expect(isTargetId(id)).toBe(true);
      expect(targetOf(id)).toBe(TARGETS[id]);
      expect(targetOf(id).id).toBe(id);
    }
  });

  it.each(['llvm', '', '__proto__', 'toString'])('refuse %j, naming the known ones', (id) => {
    expect(isTargetId(id)).toBe(false);
    expect(() => targetOf(id)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_TARGET',
        message: expect.stringContaining(TARGET_IDS.join(', ')),
      }),
    );
  });
});
