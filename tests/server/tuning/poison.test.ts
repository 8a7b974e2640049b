/** @file Candidates that hang, trap or are wrong, in the middle of a tune. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { listTunes } from '../../../db/tunes.js';
import { spaceOf } from '../../../server/tuning/space.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { traceFromJson } from '../../../shared/schedule/trace.js';
import { program } from '../../shared/schedule/programs.js';
import { tuneOver } from './harness.js';

const POISON_HOST_PATH = fileURLToPath(new URL('../../support/poison-host.mjs', import.meta.url));

/** What the poisoned compiler makes of a program whose loop is annotated `poison = n`, and how that is recorded. */
const OUTCOMES = [
  'measured',
  'timeout',
  'timeout',
  'trap',
  'trap',
  'wrong_result',
  'not_finite',
  'build_error',
  'measured',
];

it('each is recorded under its code, and the tune goes on to the best of the others', async () => {
  const copy = program(
    'A: T.Buffer((16,), "float32"), B: T.Buffer((16,), "float32")',
    `
    for i in range(16):
        with T.block("B"):
            vi = T.axis.spatial(16, i)
            B[vi] = A[vi]
`,
  );
  const poisoned = (sch: Schedule): void => {
    const [i] = sch.getLoops('B', 1);
    const kinds = OUTCOMES.map((_, kind) => kind);
    sch.annotate(
      i,
      'poison',
      sch.sampleCategorical(
        kinds,
        kinds.map(() => 1 / kinds.length),
      ),
    );
  };
  const { tune, candidates, db } = await tuneOver({
    func: copy,
    space: spaceOf(poisoned),
    trials: 64,
    mainPath: POISON_HOST_PATH,
    options: { samples: 3, minSampleMs: 0.5, warmupMs: 2, timeoutMs: 700, buildTimeoutMs: 700 },
  });
  const [baseline, ...trials] = candidates;
  expect(baseline?.outcome.status).toBe('measured');
  const recorded = trials.map(({ trace, outcome }) => ({
    kind: Number([...traceFromJson(trace).decisions.values()][0]),
    outcome: outcome.status === 'failed' ? outcome.code : outcome.status,
  }));
  expect(recorded.toSorted((a, b) => a.kind - b.kind)).toEqual(
    OUTCOMES.map((outcome, kind) => ({ kind, outcome })),
  );
  expect(tune.status).toBe('succeeded');
  expect(tune.tasks[0]).toMatchObject({
    measured: 2,
    failed: 7,
    failures: { timeout: 2, trap: 2, wrong_result: 1, not_finite: 1, build_error: 1 },
  });
  expect(listTunes(db, { limit: 9 })).toHaveLength(1);
});
