/** @file The examples run, and print what they say. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryDirectory } from './db/harness.js';

async function output(example: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(`../dist/examples/${example}.js`, import.meta.url));
  return (await promisify(execFile)(process.execPath, [path, ...args])).stdout;
}

it('schedule-by-hand', async () => {
  const text = await output('schedule-by-hand');
  expect(text).toContain('for i, j_0 in T.grid(128, 32):');
  expect(text.match(/sch\.\w+\(/g)).toEqual([
    'sch.get_sblock(',
    'sch.get_loops(',
    'sch.split(',
    'sch.reorder(',
    'sch.decompose_reduction(',
  ]);
});

it('tune-own-space', async () => {
  const text = await output('tune-own-space', join(temporaryDirectory(), 'examples.db'));
  expect(text).toMatch(/^5 programs, baseline \d/);
  expect(text).toMatch(/sample_perfect_tile\(.*decision=\[\d+, \d+\]/);
});
