/**
 * @file Who may ask: with API keys configured, whoever presents one; without, programs on this machine, as the service
 * then listens on a loopback address only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InputError } from '../shared/support/errors.js';
import { isLoopback } from './config.js';

/** A hook that lets a request pass or throws. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** @throws (the guard) InputError `UNAUTHORIZED`; `FORBIDDEN_HOST`. */
export function createGuard(apiKeys: readonly string[]): Guard {
  return apiKeys.length === 0 ? requireLocalName : requireKey(apiKeys.map(digest));
}

/** Digests have one length, so that comparing them takes the same time whatever the key is. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function requireKey(known: readonly Buffer[]): Guard {
  return async (request, reply) => {
    const presented = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const presentedDigest = digest(presented ?? '');
    const matches = known.map((key) => timingSafeEqual(key, presentedDigest));
    if (presented !== undefined && matches.includes(true)) return;
    reply.header('www-authenticate', 'Bearer realm="tilewright"');
    throw new InputError('UNAUTHORIZED', 'an API key is needed: "Authorization: Bearer <key>"');
  };
}

/**
 * A web page may let its own host name point to this machine and then read what it likes; the name gives it away.
 */
async function requireLocalName(request: FastifyRequest): Promise<void> {
  const name = request.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(name)) return;
  throw new InputError(
    'FORBIDDEN_HOST',
    `requests for the host ${JSON.stringify(name.slice(0, 100))} are not answered; configure an API key to be reached by that name`,
  );
}
