import { describe, expect, it } from 'vitest';
import { testApp } from '../harness.js';

describe('health', () => {
  it('is good while everything works', async () => {
    const { app } = testApp();
    const [live, ready] = [await app.inject('/livez'), await app.inject('/readyz')];
    expect([live.statusCode, live.json()]).toEqual([200, { status: 'ok' }]);
    expect([ready.statusCode, ready.json()]).toEqual([
      200,
      { status: 'ready', checks: { worker: 'ok', database: 'ok', service: 'ok' } },
    ]);
  });

  it('tells which part is not ready; the process lives on', async () => {
    const { app, tuner } = testApp();
    tuner.setReadiness({ ready: false, checks: { worker: 'starting' } });
    const ready = await app.inject('/readyz');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ status: 'not ready', checks: { worker: 'starting' } });
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('needs no key and no name', async () => {
    const { app } = testApp({ apiKeys: ['a-key-of-enough-characters'] });
    for (const url of ['/livez', '/readyz']) {
      const answer = await app.inject({ url, headers: { host: 'example.org' } });
      expect(answer.statusCode).toBe(200);
    }
  });
});
