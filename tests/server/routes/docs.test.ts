import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { App } from '../../../server/services.js';
import { testApp } from '../harness.js';

const OperationSchema = z.looseObject({
  summary: z.string(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const DescriptionSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), OperationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
  security: z.array(z.unknown()).optional(),
});

async function describeApi(app: App) {
  return DescriptionSchema.parse((await app.inject('/docs/json')).json());
}

describe('the description of the API', () => {
  it('has every operation, and what it refuses', async () => {
    const { paths } = await describeApi(testApp().app);
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { responses }]) =>
          `${method} ${path} ${Object.keys(responses)
            .filter((status) => status !== 'default')
            .join(' ')}`,
      ),
    );
    expect(operations.toSorted()).toEqual([
      'get /livez 200',
      'get /readyz 200 503',
      'get /v1/tunes 200 400',
      'get /v1/tunes/{id} 200 304 400 404',
      'get /v1/tunes/{id}/best 200 404',
      'get /v1/tunes/{id}/best.d.ts 200 404 503',
      'get /v1/tunes/{id}/best.mjs 200 404 503',
      'get /v1/tunes/{id}/best.wasm 200 404 503',
      'get /v1/tunes/{id}/candidates 200 400 404',
      'get /v1/tunes/{id}/model 200 404',
      'get /v1/tunes/{id}/rounds 200 404',
      'get /v1/workloads 200',
      'post /v1/tunes 200 202 400 413 415 422 429',
      'post /v1/tunes/{id}/cancel 200 404 409',
    ]);
  });

  it('has one schema per resource, and every reference leads somewhere', async () => {
    const description = await describeApi(testApp().app);
    const names = Object.keys(description.components.schemas);
    for (const name of [
      'Tune',
      'TuneSummary',
      'TuneSubmissionInput',
      'Candidate',
      'Best',
      'Workload',
      'Problem',
    ]) {
      expect(names).toContain(name);
    }
    const references = JSON.stringify(description).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name] of references) expect(names).toContain(name);
  });

  it('says how to authenticate, when one has to', async () => {
    expect((await describeApi(testApp().app)).security).toBeUndefined();
    const { app } = testApp({ apiKeys: ['a-key-of-enough-characters'] });
    expect((await describeApi(app)).security).toEqual([{ apiKey: [] }]);
  });

  it('is also a page', async () => {
    const page = await testApp().app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toMatch(/text\/html/);
  });
});
