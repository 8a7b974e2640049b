/**
 * A tune over a space of your own: `npm run build && node dist/examples/tune-own-space.js`.
 * The function draws its own tile sizes; every other draw is another program, five in all.
 */
import { fastestCandidates } from '../db/candidates.js';
import { openDatabase } from '../db/open.js';
import { createLocalMeasureQueue } from '../server/tuning/local-measure-queue.js';
import { spaceOf } from '../server/tuning/space.js';
import { tuneOverSpace } from '../server/tuning/tune-over-space.js';
import type { Schedule } from '../shared/schedule/schedule.js';
import { traceFromJson, traceToText } from '../shared/schedule/trace.js';
import { buildWorkload } from '../shared/te/workload-table.js';

function stochasticScheduleMm(sch: Schedule): void {
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
  sch.reorder(i, j0, k, j1);
  sch.decomposeReduction(block, k);
}

const db = openDatabase(process.argv[2] ?? './data/own-space.db');
const {
  tasks: [task],
} = await tuneOverSpace({
  func: buildWorkload('matmul:m=128,n=128,k=128').func,
  space: spaceOf(stochasticScheduleMm),
  trials: 64,
  db,
  queue: createLocalMeasureQueue(),
});
console.log(`${task.measured} programs, baseline ${task.baselineNs} ns`);
for (const { outcome, trace } of fastestCandidates(db, task.id, 1)) {
  console.log(`best ${outcome.medianNs} ns\n${traceToText(traceFromJson(trace))}`);
}
db.close();
