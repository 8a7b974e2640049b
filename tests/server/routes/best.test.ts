import { describe, expect, it } from 'vitest';
import { recordTrial } from '../../../db/outcomes.js';
import { getTune } from '../../../db/tunes.js';
import { BestSchema } from '../../../shared/protocol/candidate.js';
import { traceToJson } from '../../../shared/schedule/trace.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at, InputError } from '../../../shared/support/errors.js';
import { result } from '../../db/records.js';
import { problemOf, submitted, taskOf, testApp } from '../harness.js';

async function withTune() {
  const service = testApp();
  const tune = await submitted(service);
  return { ...service, tune, task: getTune(service.db, tune.id).tasks[0] };
}

describe('the best program', () => {
  it('is the fastest, with its trace applied', async () => {
    const { app, db, tune, task } = await withTune();
    const schedule = createSchedule(at(parseScript(taskOf(tune).script).functions, 0));
    const loops = schedule.getLoops(schedule.getBlock('C'));
    schedule.annotate(at(loops, 0), 'note', 1);
    const trace = traceToJson(schedule.trace);
    recordTrial(db, result(task.id, -1, 8e6));
    recordTrial(db, { ...result(task.id, 0, 2e6), trace: [[...trace[0]], [...trace[1]]] });
    recordTrial(db, result(task.id, 1, 3e6));
    const answer = await app.inject(taskOf(tune).links.best);
    const best = BestSchema.parse(answer.json());
    expect(best).toMatchObject({
      workload: taskOf(tune).workload,
      target: tune.target,
      bestMs: 2,
      baselineMs: 8,
      speedup: 4,
      candidate: { trial: 0, medianNs: 2e6 },
    });
    expect(best.script).toBe(printScript(schedule.func));
    expect(best.script).not.toBe(taskOf(tune).script);
    expect(best.links.tune).toBe(tune.links.self);
  });

  it('may be the baseline', async () => {
    const { app, db, tune, task } = await withTune();
    recordTrial(db, result(task.id, -1, 1e6));
    recordTrial(db, result(task.id, 0, 2e6));
    const best = BestSchema.parse((await app.inject(taskOf(tune).links.best)).json());
    expect(best).toMatchObject({
      speedup: 1,
      candidate: { trial: null, baseline: true },
      script: taskOf(tune).script,
    });
  });

  it('comes as files', async () => {
    const { app, db, tune, task } = await withTune();
    recordTrial(db, result(task.id, 0, 1e6));
    const wasm = await app.inject(taskOf(tune).links.wasm);
    expect(wasm.headers['content-type']).toBe('application/wasm');
    expect(WebAssembly.validate(new Uint8Array(wasm.rawPayload))).toBe(true);
    const mjs = await app.inject(taskOf(tune).links.mjs);
    expect(mjs.headers['content-type']).toMatch(/^text\/javascript/);
    expect(mjs.body).toContain(tune.id);
    const dts = await app.inject(taskOf(tune).links.dts);
    expect(dts.headers['content-disposition']).toContain('best.d.mts');
    expect(dts.body).toContain('declare');
  });

  it('is not there before something was measured', async () => {
    const { app, db, tune, task } = await withTune();
    recordTrial(db, result(task.id, 0, 'trap'));
    const { best, wasm, mjs, dts } = taskOf(tune).links;
    for (const url of [best, wasm, mjs, dts]) {
      expect(problemOf(await app.inject(url))).toMatchObject({ status: 404, code: 'NO_RESULT' });
      expect(problemOf(await app.inject(url.replace(tune.id, 'nobody'))).code).toBe('TUNE_NOT_FOUND');
    }
  });

  it('has to wait its turn, and a defect in making it stays ours', async () => {
    const { app, db, tune, task, tuner } = await withTune();
    recordTrial(db, result(task.id, 0, 1e6));
    tuner.onBuild(() => Promise.reject(new InputError('QUEUE_FULL', 'too much is waiting')));
    const busy = await app.inject(taskOf(tune).links.wasm);
    expect(problemOf(busy)).toMatchObject({ status: 503, code: 'QUEUE_FULL' });
    expect(busy.headers['retry-after']).toBeDefined();
    tuner.onBuild(() => Promise.reject(new Error('secret')));
    const broken = await app.inject(taskOf(tune).links.wasm);
    expect(problemOf(broken)).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(broken.body).not.toContain('secret');
  });
});
