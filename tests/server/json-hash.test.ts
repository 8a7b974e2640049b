import { expect, it } from 'vitest';
import { jsonHash } from '../../server/json-hash.js';

it('hashes the text of a value, as any other program would', () => {
  // printf '[1,{"a":null}]' | sha256sum
  expect(jsonHash([1, { a: null }])).toBe('ea53c5df30d0a9b5038b0f2d1e2d1f582b7e9a265c6929fdc38888843bb5656f');
  expect(jsonHash([1, { a: 0 }])).not.toBe(jsonHash([1, { a: null }]));
});
