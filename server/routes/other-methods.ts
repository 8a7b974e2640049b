/** @file Paths that exist, asked with a method that they do not have: 405 rather than 404. */
import type { HTTPMethods } from 'fastify';
import { InputError } from '../../shared/support/errors.js';
import type { App } from '../services.js';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Watches the routes that are added to a scope from now on.
 * @returns a function that adds the refusals for all of them; to be called last
 */
export function watchMethods(scope: App): () => void {
  const offered = new Map<string, Set<string>>();
  let isDone = false;
  scope.addHook('onRoute', ({ routePath, method }) => {
    if (isDone) return;
    const methods = offered.get(routePath) ?? new Set();
    offered.set(routePath, methods);
    for (const name of [method].flat()) methods.add(name);
  });
  return () => {
    isDone = true;
    for (const [url, methods] of offered) {
      const allow = [...methods].toSorted().join(', ');
      scope.route({
        url,
        method: METHODS.filter((method) => !methods.has(method)),
        schema: { hide: true },
        handler: async (request, reply) => {
          reply.header('allow', allow);
          throw new InputError('METHOD_NOT_ALLOWED', `${request.method} is not offered here; ${allow} are`);
        },
      });
    }
  };
}
