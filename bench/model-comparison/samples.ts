/** @file Measured random candidates, kept in a file: what the models learn from and are tested on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { TraceJsonSchema } from '../../shared/protocol/measure.js';
import { applyTrace, traceFromJson } from '../../shared/schedule/trace.js';
import { parseScript } from '../../shared/script/parse.js';
import { printScript } from '../../shared/script/print.js';
import { at } from '../../shared/support/errors.js';
import { buildWorkload } from '../../shared/te/workload-table.js';
import { builtMeasureQueue, createBench, search, SHORT } from '../measured-search.js';

/** One workload with its candidates; those that failed are left out. */
const MeasuredSchema = z.strictObject({
  workload: z.string(),
  script: z.string(),
  trials: z.array(z.strictObject({ trace: TraceJsonSchema, latencyNs: z.number().positive() })),
});

type Measured = z.infer<typeof MeasuredSchema>;

/** A measured program. */
export interface Sample {
  readonly func: PrimFunc;
  readonly latencyNs: number;
}

/** The samples of each workload: those in the file, and new ones for workloads that it lacks, which are added to it. */
export async function openSamples(
  path: string,
  workloads: readonly string[],
  candidates: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const kept = existsSync(path) ? z.array(MeasuredSchema).parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
  const missing = workloads.filter((name) => !kept.some(({ workload }) => workload === name));
  if (missing.length > 0) {
    mkdirSync(dirname(path), { recursive: true });
    const queue = builtMeasureQueue();
    for (const workload of missing) {
      const script = printScript(buildWorkload(workload).func);
      const measure = createBench(queue, script, SHORT);
      const strategy = 'replay-trace';
      const run = {
        script,
        strategy,
        model: 'random',
        seed: 0,
        trials: candidates,
        size: 64,
        warm: [],
      } as const;
      const { history } = await search(run, measure);
      const trials = history.flatMap(({ trace, latencyNs }) =>
        latencyNs === null ? [] : [{ trace, latencyNs }],
      );
      kept.push({ workload, script, trials });
      writeFileSync(path, `${JSON.stringify(kept)}\n`);
    }
    await queue.close();
  }
  const wanted = kept.filter(({ workload }) => workloads.includes(workload));
  return new Map(wanted.map((measured) => [measured.workload, scheduled(measured)]));
}

function scheduled({ script, trials }: Measured): Sample[] {
  const func = at(parseScript(script).functions, 0);
  return trials.map(({ trace, latencyNs }) => ({
    func: applyTrace(func, traceFromJson(trace)).func,
    latencyNs,
  }));
}
