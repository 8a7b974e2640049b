/** @file Requests that nobody means well with: each gets a documented refusal, and the service goes on. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { listTunes } from '../../db/tunes.js';
import { TuneSchema } from '../../shared/protocol/tune.js';
import { problemOf, SMALL, submit, submitted, testApp, TWO_FUNCTIONS } from './harness.js';

const RUNS = 400;

/** Values that break careless readers. */
const nastyArb = fc.oneof(
  fc.anything({ withNullPrototype: false, maxDepth: 3 }),
  fc.constantFrom<unknown>(null, -0, 2 ** 53 + 1, 1e308, '', '\u0000', '\ud800', ' ', [], {}, true),
  fc.constantFrom(
    '../../etc/passwd',
    "'; DROP TABLE tunes; --",
    '${7*7}',
    '<script>',
    '%s%n',
    'a'.repeat(5000),
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
);

const MEMBERS = [
  'workload',
  'script',
  'func',
  'target',
  'budget',
  'seed',
  'strategy',
  'space',
  'priority',
  'labels',
];

/** A good submission with some members replaced, or with members that it should not have. */
const submissionArb = fc
  .record({
    base: fc.constantFrom(SMALL, { script: TWO_FUNCTIONS, func: 'first' }),
    changes: fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...MEMBERS, 'constructor', 'toString', ''), fc.string({ maxLength: 5 })),
        nastyArb,
      ),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ base, changes }): unknown => ({ ...base, ...Object.fromEntries(changes) }));

/** JSON of a submission with some of its characters changed. */
const damagedJsonArb = fc
  .record({
    text: submissionArb.map(toJson),
    cuts: fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 4 }),
  })
  .map(({ text, cuts }) =>
    cuts.reduce((damaged, [place, insert]) => {
      const i = place % (damaged.length + 1);
      return damaged.slice(0, i) + insert + damaged.slice(i + 1);
    }, text),
  );

function toJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ??
    ''
  );
}

/** A workload specification, about right. */
const specArb = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'matmul',
        'conv2d_nhwc',
        ':',
        ',',
        '=',
        'm',
        'n',
        'k',
        '0',
        '-1',
        '1',
        '1e9',
        '999999999999',
        ' ',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => ({ workload: parts.join('') }));

/** A script with lines dropped, doubled, swapped, or tokens exchanged. */
const scriptArb = fc
  .array(
    fc.tuple(
      fc.nat(),
      fc.constantFrom(
        '8',
        '0',
        '-1',
        '999999999',
        'A',
        'B',
        'v',
        'i',
        '(',
        ')',
        '[',
        ':',
        'T',
        '.',
        '\n',
        '    ',
      ),
    ),
    {
      maxLength: 4,
    },
  )
  .map((edits) => {
    const tokens = TWO_FUNCTIONS.split(/(?<=\W)|(?=\W)/);
    for (const [place, token] of edits) tokens[place % tokens.length] = token;
    return { script: tokens.join(''), func: 'first' };
  });

it('refuses what cannot be worked with, and stores what it accepts', { timeout: 120_000 }, async () => {
  const service = testApp();
  let accepted = 0;
  const bodyArb = fc.oneof(
    submissionArb.map(toJson),
    damagedJsonArb,
    specArb.map(toJson),
    scriptArb.map(toJson),
  );
  await fc.assert(
    fc.asyncProperty(bodyArb, async (payload) => {
      const answer = await service.app.inject({
        method: 'POST',
        url: '/v1/tunes',
        payload,
        headers: { 'content-type': 'application/json' },
      });
      if (answer.statusCode === 202) {
        accepted++;
        const tune = TuneSchema.parse(answer.json());
        expect((await service.app.inject(tune.links.self)).json()).toEqual(tune);
      } else expect(problemOf(answer).status).toBeOneOf([400, 413, 415, 422]);
      expect(listTunes(service.db, { limit: 2 * RUNS })).toHaveLength(accepted);
    }),
    { numRuns: RUNS },
  );
  expect(accepted).toBeGreaterThan(0);
  expect((await submit(service)).statusCode).toBe(202);
});

it('refuses paths and queries that nobody wrote on purpose', { timeout: 120_000 }, async () => {
  const service = testApp();
  const { id } = await submitted(service);
  const partArb = fc.oneof(
    fc.constantFrom(
      'v1',
      'tunes',
      id,
      'candidates',
      'best',
      'best.wasm',
      'cancel',
      'workloads',
      'docs',
      '..',
      '%2e%2e',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).map(encodeURIComponent),
  );
  const queryArb = fc.array(
    fc.tuple(
      fc.constantFrom('limit', 'cursor', 'status', 'target', 'version', '__proto__', 'x'),
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 6 }).map(encodeURIComponent),
        fc.constantFrom('1', '-1', 'NaN', id),
      ),
    ),
    { maxLength: 3 },
  );
  const requestArb = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const, 'HEAD' as const),
    parts: fc.array(partArb, { maxLength: 5 }),
    query: queryArb,
  });
  await fc.assert(
    fc.asyncProperty(requestArb, async ({ method, parts, query }) => {
      const search = query.map(([name, value]) => `${name}=${value}`).join('&');
      const answer = await service.app.inject({ method, url: `/${parts.join('/')}?${search}` });
      expect(answer.statusCode).toBeLessThan(500);
      const isOurs = !parts.includes('docs') && method !== 'HEAD';
      if (answer.statusCode >= 400 && isOurs) problemOf(answer);
    }),
    { numRuns: RUNS },
  );
});
