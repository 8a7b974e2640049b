/** @file The HTTP application: routes and what surrounds them. It does not listen; server/service.ts makes it do so. */
import { fastify, type FastifyBaseLogger } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { uuidv7 } from 'uuidv7';
import { MAX_WAIT_SECONDS } from '../shared/protocol/tune.js';
import { InputError } from '../shared/support/errors.js';
import { createGuard } from './auth.js';
import { refuseMalformed, refuseUnknownRoute, sendProblem } from './problem.js';
import { bestRoutes } from './routes/best.js';
import { candidateRoutes } from './routes/candidates.js';
import { docsRoutes } from './routes/docs.js';
import { healthRoutes } from './routes/health.js';
import { watchMethods } from './routes/other-methods.js';
import { modelRoutes } from './routes/model.js';
import { roundRoutes } from './routes/rounds.js';
import { tuneRoutes } from './routes/tunes.js';
import { workloadRoutes } from './routes/workloads.js';
import type { App, Services } from './services.js';

export interface AppOptions extends Services {
  readonly logger: FastifyBaseLogger;
  /** None: requests must come to a loopback name. */
  readonly apiKeys: readonly string[];
}

const BODY_LIMIT_BYTES = 1024 * 1024;
/** For a request to arrive completely. */
const REQUEST_TIMEOUT_MS = 10_000;
/** A connection on which nothing happens; longer than any answer may take. */
const CONNECTION_TIMEOUT_MS = (MAX_WAIT_SECONDS + 30) * 1000;

/** The caller closes the app before the database and the tuner. */
export function buildApp({ logger, apiKeys, ...services }: AppOptions): App {
  const app: App = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    routerOptions: { maxParamLength: 100 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Requests that come while the process ends are refused in the API's own way.
    return503OnClosing: false,
    genReqId: () => uuidv7(),
    frameworkErrors: sendProblem,
    clientErrorHandler: refuseMalformed,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Only JSON: other types may be sent across origins without being asked.
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler(refuseUnknownRoute);
  const isDraining = drainOnClose(app, services);
  app.addHook('onSend', async (_, reply) => {
    reply.header('x-content-type-options', 'nosniff');
  });
  docsRoutes(app, apiKeys.length > 0);
  void app.register(async (open: App) => healthRoutes(open, services, isDraining));
  void app.register(async (v1: App) => versionOne(v1, services, { apiKeys, isDraining }), { prefix: '/v1' });
  return app;
}

/** Ends what waits for changes when the app begins to close. */
function drainOnClose(app: App, { changes }: Services): () => boolean {
  let isDraining = false;
  app.addHook('preClose', async () => {
    isDraining = true;
    changes.close();
  });
  return () => isDraining;
}

interface Gate {
  readonly apiKeys: readonly string[];
  readonly isDraining: () => boolean;
}

function versionOne(app: App, services: Services, { apiKeys, isDraining }: Gate): void {
  app.addHook('onRequest', createGuard(apiKeys));
  app.addHook('onRequest', async (_, reply) => {
    if (!isDraining()) return;
    reply.header('connection', 'close');
    throw new InputError('SHUTTING_DOWN', 'the service is shutting down');
  });
  const refuseOtherMethods = watchMethods(app);
  tuneRoutes(app, services);
  candidateRoutes(app, services);
  roundRoutes(app, services);
  modelRoutes(app, services);
  bestRoutes(app, services);
  workloadRoutes(app);
  refuseOtherMethods();
}
