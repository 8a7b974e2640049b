/** @file `/docs`: the API's description, as a page and as OpenAPI JSON (`/docs/json`). */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from '../services.js';

const DESCRIPTION = `An auto-tuning service for tensor programs that run in WebAssembly.

Submit a program as a *tune*, wait for it (\`GET /v1/tunes/{id}?wait=30\`), take the fastest kernel away.
Refusals are problem details (RFC 9457): \`code\` is stable, \`detail\` is for people.`;

/** Must be registered before the routes that it describes. */
export function docsRoutes(app: App, hasKeys: boolean): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tilewright', description: DESCRIPTION, version: '1' },
      tags: [
        { name: 'tunes', description: 'Submissions and how they go' },
        { name: 'results', description: 'What tunes have found' },
        { name: 'workloads', description: 'Built-in operators' },
        { name: 'health', description: 'For who watches the process' },
      ],
      ...(hasKeys && {
        components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
        security: [{ apiKey: [] }],
      }),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  void app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
}
