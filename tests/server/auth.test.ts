import type { HTTPMethods } from 'fastify';
import { describe, expect, it } from 'vitest';
import { problemOf, testApp } from './harness.js';

const KEYS = ['first-key-of-enough-characters', 'second-key-of-enough-characters'];

/** Every route of an application, as Fastify knows it. */
async function routesOf(service: ReturnType<typeof testApp>) {
  const routes: { method: HTTPMethods; url: string }[] = [];
  service.app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url: url.replace(':id', 'x') });
  });
  await service.app.ready();
  return routes;
}

const OPEN = /^\/(?:livez|readyz|docs.*)$/;

describe('with API keys', () => {
  it('every route but health and documentation asks for one', async () => {
    const service = testApp({ apiKeys: KEYS });
    const routes = await routesOf(service);
    const closed = routes.filter(({ url }) => !OPEN.test(url));
    expect(closed.length).toBeGreaterThan(10);
    for (const { method, url } of closed) {
      const answer = await service.app.inject({ method: method === 'HEAD' ? 'GET' : method, url });
      expect(problemOf(answer), `${method} ${url}`).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  it('each of them opens', async () => {
    const { app } = testApp({ apiKeys: KEYS });
    for (const key of KEYS) {
      for (const scheme of ['Bearer', 'bearer']) {
        const headers = { authorization: `${scheme} ${key}`, host: 'example.org' };
        expect((await app.inject({ url: '/v1/workloads', headers })).statusCode).toBe(200);
      }
    }
  });

  it.each([
    'first-key-of-enough-characters',
    'Basic first-key-of-enough-characters',
    'Bearer',
    'Bearer ',
    'Bearer first-key-of-enough-character',
    'Bearer first-key-of-enough-charactersx',
    'Bearer FIRST-KEY-OF-ENOUGH-CHARACTERS',
    `Bearer ${KEYS.join(',')}`,
    `Bearer ${KEYS.join(' ')}`,
  ])('"%s" does not', async (authorization) => {
    const { app } = testApp({ apiKeys: KEYS });
    expect((await app.inject({ url: '/v1/workloads', headers: { authorization } })).statusCode).toBe(401);
  });
});

describe('without API keys', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])('%s is answered', async (host) => {
    const answer = await testApp().app.inject({ url: '/v1/workloads', headers: { host } });
    expect(answer.statusCode).toBe(200);
  });

  it.each(['example.org', 'example.org:8080', '127.0.0.1.example.org', '10.0.0.1'])(
    'a name that only points here, %s, is not',
    async (host) => {
      const answer = await testApp().app.inject({ url: '/v1/workloads', headers: { host } });
      expect(problemOf(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN_HOST' });
    },
  );
});
