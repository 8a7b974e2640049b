import { describe, expect, it } from 'vitest';
import { findOrAddWorkload } from '../../db/workloads.js';
import { temporaryDatabase } from './harness.js';
import { program } from './records.js';

/** A hash that is the same for all programs. */
function collide(): string {
  return 'the same';
}

describe('workloads', () => {
  it('share a row when only names differ', () => {
    const db = temporaryDatabase();
    const first = findOrAddWorkload(db, program(8), 1);
    expect(findOrAddWorkload(db, program(8), 2)).toBe(first);
    expect(findOrAddWorkload(db, program(8, { input: 'Other' }), 3)).toBe(first);
  });

  it('have rows of their own when a constant or an extent differs', () => {
    const db = temporaryDatabase();
    const ids = [program(8), program(9), program(8, { addend: 2 })].map((p) => findOrAddWorkload(db, p, 1));
    expect(new Set(ids).size).toBe(3);
  });

  it('are told apart by equality when their hashes collide', () => {
    const db = temporaryDatabase();
    const programs = [program(8), program(9), program(8, { addend: 2 })];
    const ids = programs.map((p) => findOrAddWorkload(db, p, 1, collide));
    expect(new Set(ids).size).toBe(programs.length);
    for (const [i, p] of programs.entries()) {
      expect(findOrAddWorkload(db, p, 2, collide)).toBe(ids[i]);
    }
    expect(findOrAddWorkload(db, program(9, { input: 'Other' }), 3, collide)).toBe(ids[1]);
  });
});
