/** @file `/livez` and `/readyz`, for who watches the process. Not part of the API's version, and open to all. */
import { LivenessSchema, ReadinessSchema, type Readiness } from '../../shared/protocol/health.js';
import type { App, Services } from '../services.js';

/** @param isDraining whether the process is on its way out */
export function healthRoutes(app: App, services: Services, isDraining: () => boolean): void {
  app.route({
    method: 'GET',
    url: '/livez',
    schema: { summary: 'Is the process alive?', tags: ['health'], response: { 200: LivenessSchema } },
    logLevel: 'warn',
    handler: async () => ({ status: 'ok' as const }),
  });
  const schema = {
    summary: 'Does it take work?',
    tags: ['health'],
    response: { 200: ReadinessSchema, 503: ReadinessSchema },
  };
  app.route({
    method: 'GET',
    url: '/readyz',
    schema,
    logLevel: 'warn',
    handler: async (_, reply) => {
      const readiness = readinessOf(services, isDraining());
      return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness);
    },
  });
}

function readinessOf({ db, tuner }: Services, isDraining: boolean): Readiness {
  const { ready, checks } = tuner.isReady();
  const isUp = ready && db.sqlite.open && !isDraining;
  return {
    status: isUp ? 'ready' : 'not ready',
    checks: {
      ...checks,
      database: db.sqlite.open ? 'ok' : 'closed',
      service: isDraining ? 'shutting down' : 'ok',
    },
  };
}
