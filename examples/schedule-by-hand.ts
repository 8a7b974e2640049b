/**
 * A matrix product scheduled by hand: `npm run build && node dist/examples/schedule-by-hand.js`.
 * Prints the program before and after, and the trace that leads from one to the other.
 */
import { createSchedule, type Schedule } from '../shared/schedule/schedule.js';
import { traceToText } from '../shared/schedule/trace.js';
import { printScript } from '../shared/script/print.js';
import { buildWorkload } from '../shared/te/workload-table.js';

function scheduleMm(sch: Schedule, jFactor: number): void {
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, [null, jFactor]);
  sch.reorder(i, j0, k, j1);
  sch.decomposeReduction(block, k);
}

const { func } = buildWorkload('matmul:m=128,n=128,k=128');
const sch = createSchedule(func);
scheduleMm(sch, 4);
console.log(printScript(func));
console.log(printScript(sch.func));
console.log(traceToText(sch.trace));
