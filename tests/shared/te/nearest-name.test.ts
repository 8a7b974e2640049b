import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../shared/te/nearest-name.js';

describe('nearestName', () => {
  const names = ['matmul', 'softmax', 'norm'];

  it.each([
    ['matmul', 'matmul'],
    ['matmal', 'matmul'],
    ['mamtul', 'matmul'],
    ['soft_max', 'softmax'],
    ['nrm', 'norm'],
  ])('%s is meant as %s', (name, nearest) => {
    expect(nearestName(name, names)).toBe(nearest);
  });

  it.each(['', 'transformer', 'qq', 'matmul'.repeat(100)])('%s is meant as none of them', (name) => {
    expect(nearestName(name, names)).toBeNull();
  });
});
