/**
 * @file Vitest's setup: property tests draw the same cases in every run, so that a failure is the change's own.
 * `TILEWRIGHT_TEST_SEED` draws others.
 */
import * as fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['TILEWRIGHT_TEST_SEED'] ?? 1) });
