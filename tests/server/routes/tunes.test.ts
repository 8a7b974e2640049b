import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordTrial } from '../../../db/outcomes.js';
import { selectOne } from '../../../db/statement.js';
import { getTune, listTunes, setTuneStatus } from '../../../db/tunes.js';
import { TunePageSchema, TuneSchema, type Tune } from '../../../shared/protocol/tune.js';
import { result } from '../../db/records.js';
import {
  problemOf,
  SMALL,
  START,
  submit,
  submitted,
  taskOf,
  testApp,
  TWO_FUNCTIONS,
  type TestApp,
} from '../harness.js';

describe('submitting', () => {
  it('queues a workload with everything filled in', async () => {
    const service = testApp();
    const answer = await submit(service);
    expect(answer.statusCode).toBe(202);
    const tune = TuneSchema.parse(answer.json());
    expect(answer.headers.location).toBe(`/v1/tunes/${tune.id}`);
    expect(answer.headers['retry-after']).toBeDefined();
    expect(tune).toMatchObject({
      status: 'queued',
      version: 1,
      tasks: [{ name: 'matmul', workload: 'matmul:m=8,n=8,k=8', weight: 1, flops: 1024, done: false }],
      target: 'wasm-simd128',
      budget: {
        trials: 64,
        seconds: null,
        patience: null,
        perTask: { trials: null, seconds: null, patience: null },
      },
      seed: 0,
      strategy: 'evolutionary',
      space: 'default',
      priority: 0,
      labels: {},
      createdAt: new Date(START).toISOString(),
      trials: { done: 0, measured: 0, failed: 0, budget: 64 },
      failures: {},
      bestMs: null,
      error: null,
    });
    expect(taskOf(tune).script).toContain('@T.prim_func');
    expect(service.tuner.notified()).toBe(1);
    expect((await service.app.inject(tune.links.self)).json()).toEqual(tune);
  });

  it('keeps what was asked for', async () => {
    const body = {
      target: 'wasm' as const,
      budget: { trials: 3, seconds: 10, patience: 4, perTask: { trials: 2, seconds: 5, patience: 1 } },
      seed: 2 ** 53 - 1,
      priority: -5,
      labels: { team: 'ü' },
    };
    const tune = await submitted(testApp(), { workload: 'matmul:k=16,m=4', ...body });
    expect(tune).toMatchObject(body);
    expect(taskOf(tune).workload).toBe('matmul:m=4,n=128,k=16');
  });

  it('takes a script, choosing one of several functions by name', async () => {
    const service = testApp();
    const tune = await submitted(service, { script: TWO_FUNCTIONS, func: 'second' });
    const { name, workload, script } = taskOf(tune);
    expect([name, workload]).toEqual(['second', null]);
    expect(script).toContain('def second');
    expect(script).not.toContain('def first');
    const again = await submitted(service, { script });
    expect(taskOf(again).script).toBe(script);
  });

  it('makes one workload of equal programs, and a tune of each submission', async () => {
    const service = testApp();
    await submitted(service);
    const { script } = taskOf(await submitted(service));
    await submitted(service, { script });
    const count = (table: string) =>
      selectOne(service.db, z.object({ n: z.int() }), `SELECT count(*) AS n FROM ${table}`)?.n;
    expect([count('tunes'), count('workloads')]).toEqual([3, 1]);
  });
});

describe('an idempotency key', () => {
  it('makes a repeated submission the same tune', async () => {
    const service = testApp();
    const headers = { 'idempotency-key': 'key-1' };
    const first = await submit(service, SMALL, headers);
    const again = await submit(service, { ...SMALL, seed: 0, target: 'wasm-simd128' }, headers);
    expect([first.statusCode, again.statusCode]).toEqual([202, 200]);
    expect(again.json()).toEqual(first.json());
    expect(again.headers.location).toBe(first.headers.location);
    expect(service.tuner.notified()).toBe(1);
    const other = await submit(service, SMALL, { 'idempotency-key': 'key-2' });
    expect(other.json<Tune>().id).not.toBe(first.json<Tune>().id);
  });

  it('refuses another body, and a key that is none', async () => {
    const service = testApp();
    await submit(service, SMALL, { 'idempotency-key': 'key-1' });
    const reused = await submit(service, { ...SMALL, seed: 1 }, { 'idempotency-key': 'key-1' });
    expect(problemOf(reused)).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    const bad = await submit(service, SMALL, { 'idempotency-key': 'x'.repeat(256) });
    expect(problemOf(bad)).toMatchObject({ status: 400, code: 'INVALID_HEADERS' });
    expect(listTunes(service.db, { limit: 9 })).toHaveLength(1);
  });
});

describe('listing', () => {
  it('follows pages to the end, each tune once, without scripts', async () => {
    const service = testApp();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await submitted(service)).id);
    const seen: string[] = [];
    let next: string | null = '/v1/tunes?limit=2&target=wasm-simd128';
    while (next !== null) {
      const answer = await service.app.inject(next);
      const page = TunePageSchema.parse(answer.json());
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((tune) => tune.id));
      next = page.next;
    }
    expect(seen).toEqual(ids);
  });

  it('filters by status and target', async () => {
    const service = testApp();
    const { id } = await submitted(service, { ...SMALL, target: 'wasm' });
    await submitted(service);
    const idsOf = async (query: string) => {
      const answer = await service.app.inject(`/v1/tunes?${query}`);
      return TunePageSchema.parse(answer.json()).items.map((tune) => tune.id);
    };
    expect(await idsOf('target=wasm')).toEqual([id]);
    expect(await idsOf('status=running')).toEqual([]);
    setTuneStatus(service.db, id, { to: 'running', at: START });
    expect(await idsOf('status=running')).toEqual([id]);
  });

  it.each(['limit=0', 'limit=501', 'limit=x', 'cursor=1', 'status=sleeping', 'target=llvm', 'colour=red'])(
    'refuses ?%s',
    async (query) => {
      const answer = await testApp().app.inject(`/v1/tunes?${query}`);
      const problem = problemOf(answer);
      expect(problem).toMatchObject({ status: 400, code: 'INVALID_QUERY' });
      expect(problem.errors).toHaveLength(1);
    },
  );
});

async function look({ app }: TestApp, id: string, query = '', tag?: string) {
  return app.inject({
    url: `/v1/tunes/${id}${query}`,
    ...(tag !== undefined && { headers: { 'if-none-match': tag } }),
  });
}

describe('looking at a tune', () => {
  it('tells how it goes, in the units of the wire', async () => {
    const service = testApp();
    const { id } = await submitted(service, { ...SMALL, budget: { trials: 5 } });
    const {
      tasks: [task],
    } = setTuneStatus(service.db, id, { to: 'running', at: START + 1000 });
    for (const [trial, outcome] of [
      [-1, 4e6],
      [0, 2e6],
      [1, 'trap'],
      [2, 3e6],
    ] as const) {
      recordTrial(service.db, result(task.id, trial, outcome));
    }
    const tune = TuneSchema.parse((await look(service, id)).json());
    expect(tune).toMatchObject({
      status: 'running',
      startedAt: new Date(START + 1000).toISOString(),
      trials: { done: 3, measured: 2, failed: 1, budget: 5 },
      failures: { trap: 1 },
      baselineMs: 4,
      bestMs: 2,
      speedup: 2,
      version: 6,
    });
    expect(tune.gflops).toBeCloseTo(task.flops / 2e6, 12);
  });

  it('is spared by an ETag', async () => {
    const service = testApp();
    const { id } = await submitted(service);
    const first = await look(service, id);
    const tag = String(first.headers.etag);
    const same = await look(service, id, '', tag);
    expect([same.statusCode, same.body]).toEqual([304, '']);
    expect((await look(service, id, '', `W/${tag}`)).statusCode).toBe(304);
    setTuneStatus(service.db, id, { to: 'running', at: START });
    const changed = await look(service, id, '', tag);
    expect(changed.statusCode).toBe(200);
    expect(changed.headers.etag).not.toBe(tag);
  });

  it('waits until it changes', async () => {
    const service = testApp();
    const { id, version } = await submitted(service);
    const queries = ['?wait=30', `?wait=30&version=${version}`];
    const waiting = [
      ...queries.map((query) => look(service, id, query)),
      look(service, id, '?wait=30', '"1"'),
    ];
    const nothingYet = new Promise((resolve) => setTimeout(resolve, 50, 'nothing yet'));
    expect(await Promise.race([...waiting, nothingYet])).toBe('nothing yet');
    setTuneStatus(service.db, id, { to: 'running', at: START });
    service.changes.changed(id);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.json()).toMatchObject({ status: 'running', version: version + 1 });
    }
  });

  it('does not wait when it has changed already, or will not any more', async () => {
    const service = testApp();
    const { id } = await submitted(service);
    setTuneStatus(service.db, id, { to: 'running', at: START });
    expect((await look(service, id, '?wait=60&version=1')).json()).toMatchObject({ version: 2 });
    setTuneStatus(service.db, id, { to: 'succeeded', at: START });
    expect((await look(service, id, '?wait=60')).json()).toMatchObject({ status: 'succeeded' });
  });

  it('answers when the time is over', async () => {
    const service = testApp();
    const { id } = await submitted(service);
    expect((await look(service, id, '?wait=0.02')).json()).toMatchObject({ version: 1 });
    expect((await look(service, id, '?wait=0.02', '"1"')).statusCode).toBe(304);
  });

  it.each(['0193a000-0000-7000-8000-000000000000', 'x', '..%2f..%2fetc', '%00', 'x'.repeat(100)])(
    'refuses the id %s',
    async (id) => {
      expect(problemOf(await look(testApp(), id))).toMatchObject({ status: 404, code: 'TUNE_NOT_FOUND' });
    },
  );

  it.each(['wait=-1', 'wait=61', 'wait=NaN', 'version=x', 'version=-1'])('refuses ?%s', async (query) => {
    expect(problemOf(await look(testApp(), 'x', `?${query}`))).toMatchObject({
      status: 400,
      code: 'INVALID_QUERY',
    });
  });
});

describe('cancelling', () => {
  it('ends a tune for good, and may be repeated', async () => {
    const service = testApp();
    const { id, links } = await submitted(service);
    const watching = look(service, id, '?wait=30');
    const cancel = () => service.app.inject({ method: 'POST', url: links.cancel });
    const answer = await cancel();
    expect(answer.statusCode).toBe(200);
    expect(TuneSchema.parse(answer.json())).toMatchObject({
      status: 'cancelled',
      finishedAt: new Date(START).toISOString(),
    });
    expect((await watching).json()).toMatchObject({ status: 'cancelled' });
    expect(service.tuner.cancelled).toEqual([id]);
    expect((await cancel()).json()).toEqual(answer.json());
  });

  it('is refused when the tune has ended otherwise', async () => {
    const service = testApp();
    const { id, links } = await submitted(service);
    setTuneStatus(service.db, id, { to: 'running', at: START });
    setTuneStatus(service.db, id, { to: 'succeeded', at: START });
    const answer = await service.app.inject({ method: 'POST', url: links.cancel });
    expect(problemOf(answer)).toMatchObject({ status: 409, code: 'ILLEGAL_TRANSITION' });
    expect(getTune(service.db, id).status).toBe('succeeded');
    expect(service.tuner.cancelled).toEqual([]);
  });

  it('is refused when there is no such tune', async () => {
    const answer = await testApp().app.inject({ method: 'POST', url: '/v1/tunes/nobody/cancel' });
    expect(problemOf(answer)).toMatchObject({ status: 404, code: 'TUNE_NOT_FOUND' });
  });
});
