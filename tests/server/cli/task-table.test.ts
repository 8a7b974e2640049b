import { expect, it } from 'vitest';
import { taskTable } from '../../../server/cli/task-table.js';
import { tuneResource } from '../../../server/resources.js';
import { recordTaskDone, recordTrial } from '../../../db/outcomes.js';
import { getTune } from '../../../db/tunes.js';
import { temporaryDatabase } from '../../db/harness.js';
import { program, queueTune, result } from '../../db/records.js';

it("the table of tasks has TVM's columns, aligned, and the sums below", () => {
  const db = temporaryDatabase();
  const programs = [program(8), program(1024, { name: 'a_longer_name' }), program(16, { name: 'broken' })];
  const { id, tasks } = queueTune(db, { programs });
  const [first, second, third] = tasks;
  recordTrial(db, result(first.id, -1, 4000));
  recordTrial(db, result(first.id, 0, 1600));
  recordTaskDone(db, { taskId: first.id, error: null, at: 1 });
  recordTrial(db, result(second?.id ?? 0, -1, 51_200));
  const error = { code: 'BASELINE_FAILED', message: 'no', reasons: [] };
  recordTaskDone(db, { taskId: third?.id ?? 0, error, at: 1 });
  expect(taskTable(tuneResource(getTune(db, id)))).toEqual([
    'ID | Name          | FLOP | Weight | Speed (GFLOPS) | Latency (us) | Weighted Latency (us) | Trials | Done',
    ' 0 | add           |    8 |      1 |         0.0050 |       1.6000 |                1.6000 |      1 | Y',
    ' 1 | a_longer_name | 1024 |      1 |         0.0200 |      51.2000 |               51.2000 |      0 |',
    ' 2 | broken        |   16 |      1 |            N/A |          N/A |                   N/A |      0 | BASELINE_FAILED',
    'Total trials: 1',
    'Total latency (us): 52.8000',
  ]);
});
