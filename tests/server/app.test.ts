import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listTunes } from '../../db/tunes.js';
import { PROBLEM_MEDIA_TYPE, ProblemSchema } from '../../shared/protocol/problem.js';
import { problemOf, SMALL, submit, submitted, testApp, type TestApp } from './harness.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function post({ app }: TestApp, payload: string, headers: Readonly<Record<string, string>> = JSON_TYPE) {
  return app.inject({ method: 'POST', url: '/v1/tunes', payload, headers });
}

describe('what is asked of the wrong place', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v2/tunes',
    '/v1/tunes/',
    '/v1/tunes/x/y',
    '/v1/workloads/x',
    '/../etc/passwd',
  ])('GET %s is not found', async (url) => {
    const problem = problemOf(await testApp().app.inject(url));
    expect(problem.status).toBe(404);
  });

  it('with a method that the path does not have is told which it has', async () => {
    const { app } = testApp();
    for (const [method, url, allow] of [
      ['PUT', '/v1/tunes', 'GET, HEAD, POST'],
      ['DELETE', '/v1/tunes/x', 'GET, HEAD'],
      ['GET', '/v1/tunes/x/cancel', 'POST'],
      ['POST', '/v1/workloads', 'GET, HEAD'],
    ] as const) {
      const answer = await app.inject({ method, url });
      expect(problemOf(answer)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect(answer.headers.allow).toBe(allow);
    }
  });

  it('is not found with a path that cannot be decoded, or is too long', async () => {
    const { app } = testApp();
    expect(problemOf(await app.inject('/v1/tunes/%zz')).status).toBe(400);
    expect(problemOf(await app.inject(`/v1/tunes/${'x'.repeat(101)}`)).status).toBe(414);
  });
});

describe('bodies', () => {
  it.each([
    ['no JSON', '{"workload":', 400, 'MALFORMED_JSON'],
    ['nothing', '', 400, 'MALFORMED_JSON'],
    ['a prototype', '{"__proto__": {"x": 1}, "workload": "matmul"}', 400, 'MALFORMED_JSON'],
    ['a nested prototype', '{"workload": "matmul", "labels": {"__proto__": "x"}}', 400, 'MALFORMED_JSON'],
    ['a constructor', '{"constructor": {"prototype": {}}}', 400, 'MALFORMED_JSON'],
    ['a list', '[]', 400, 'INVALID_BODY'],
    ['null', 'null', 400, 'INVALID_BODY'],
    ['a text', '"matmul"', 400, 'INVALID_BODY'],
    ['deep JSON', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 400, 'INVALID_BODY'],
    ['too much', `{"script": "${'x'.repeat(1024 * 1024)}"}`, 413, 'BODY_TOO_LARGE'],
  ])('of %s are refused', async (_, payload, status, code) => {
    const service = testApp();
    expect(problemOf(await post(service, payload))).toMatchObject({ status, code });
    expect(listTunes(service.db, { limit: 1 })).toEqual([]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
    'x',
  ])('of type %s are refused', async (type) => {
    const answer = await post(testApp(), JSON.stringify(SMALL), { 'content-type': type });
    expect(problemOf(answer)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('that are packed are refused', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const answer = await post(testApp(), '\u001f\u008b\u0008', headers);
    expect(problemOf(answer).status).toBeLessThan(500);
  });

  it('of the wrong shape are told every fault', async () => {
    const body = { workload: 1, budget: { trials: 0 }, colour: 'red', labels: { a: 1 } };
    const problem = problemOf(await submit(testApp(), body));
    expect(problem).toMatchObject({ status: 400, code: 'INVALID_BODY' });
    const pointers = (problem.errors ?? []).map((fault) => fault.pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/workload', '/budget/trials', '/labels/a']));
    expect(problem.detail).toContain('colour');
    expect(problem.pointer).toBe(pointers[0]);
  });
});

describe('every answer', () => {
  it('forbids guessing its type', async () => {
    const service = testApp();
    const { links } = await submitted(service);
    for (const url of ['/livez', links.self, '/nowhere']) {
      expect((await service.app.inject(url)).headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('to a head request has no body', async () => {
    const service = testApp();
    const { links } = await submitted(service);
    const answer = await service.app.inject({ method: 'HEAD', url: links.self });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(answer.headers.etag).toBe('"1"');
  });
});

describe('the store', () => {
  it('being full is told, and nothing half is kept', async () => {
    const service = testApp();
    const { sqlite } = service.db;
    await submitted(service);
    sqlite.pragma(`max_page_count = ${Number(sqlite.pragma('page_count', { simple: true }))}`);
    let answer = await submit(service);
    for (let i = 0; answer.statusCode === 202 && i < 500; i++) answer = await submit(service);
    expect(problemOf(answer)).toMatchObject({ status: 507, code: 'STORE_FULL' });
    expect((await service.app.inject('/v1/tunes?limit=1')).statusCode).toBe(200);
  });
});

/** Sends bytes and reads until the connection ends. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

async function listen({ app }: TestApp): Promise<number> {
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}

describe('connections', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    [
      'endless headers',
      `GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}`,
      431,
      'HEADERS_TOO_LARGE',
    ],
  ])('that speak %s are refused and ended', async (_, bytes, status, code) => {
    const answer = await exchange(await listen(testApp()), bytes);
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain(PROBLEM_MEDIA_TYPE);
    expect(ProblemSchema.parse(JSON.parse(body ?? ''))).toMatchObject({ status, code });
  });
});

describe('closing', () => {
  it('refuses who comes, and says so to who asks whether it is ready', async () => {
    const service = testApp();
    const late: Promise<{ readonly statusCode: number; readonly body: string }>[] = [];
    service.app.addHook('preClose', async () => {
      for (const url of ['/v1/workloads', '/readyz', '/livez']) late.push(service.app.inject(url));
    });
    await service.app.close();
    const [work, ready, live] = await Promise.all(late);
    expect(work).toMatchObject({ statusCode: 503, body: expect.stringContaining('SHUTTING_DOWN') });
    expect(ready).toMatchObject({ statusCode: 503, body: expect.stringContaining('shutting down') });
    expect(live).toMatchObject({ statusCode: 200 });
  });

  it('answers who waits, and ends the connections', async () => {
    const service = testApp();
    const port = await listen(service);
    const { links } = await submitted(service);
    const request = `GET ${links.self}?wait=60 HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const waiting = [1, 2, 3].map(() => exchange(port, request));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await service.app.close();
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain(links.self);
    }
  });
});
