/** @file From errors to problem details: every refusal of the API is made here. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { storeFaultOf } from '../db/fault.js';
import { uuidv7 } from 'uuidv7';
import { PROBLEM_MEDIA_TYPE, type Fault, type Problem } from '../shared/protocol/problem.js';
import { InputError } from '../shared/support/errors.js';

/** The status of an `InputError` by its code; others are 422: well-formed, but nothing that can be worked with. */
const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map([
  ['UNAUTHORIZED', 401],
  ['FORBIDDEN_HOST', 403],
  ['ROUTE_NOT_FOUND', 404],
  ['TUNE_NOT_FOUND', 404],
  ['TASK_NOT_FOUND', 404],
  ['NO_RESULT', 404],
  ['NO_MODEL', 404],
  ['METHOD_NOT_ALLOWED', 405],
  ['ILLEGAL_TRANSITION', 409],
  ['TOO_MANY_TUNES', 429],
  ['QUEUE_FULL', 503],
  ['SHUTTING_DOWN', 503],
]);

/** Fastify's own refusals; what is not here is its status and `BAD_REQUEST`. */
const CODE_OF_FASTIFY: ReadonlyMap<string, string> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'MALFORMED_JSON'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'MALFORMED_JSON'],
  ['FST_ERR_BAD_URL', 'MALFORMED_URL'],
]);

/** Seconds after which a request that met a passing obstacle may be tried again. */
const RETRY_AFTER_SECONDS = 5;

type Details = Omit<Problem, 'type' | 'title' | 'requestId'>;

/** Answers with the problem that an error is; defects are logged, and the caller learns no more than that. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const details = detailsOf(error);
  const { status } = details;
  if (status >= 500 && status !== 503) request.log.error({ err: error }, 'request failed');
  else request.log.debug({ code: details.code }, details.detail);
  const problem = problemOf(details, request.id);
  if (status === 429 || status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  reply.code(status).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(problem);
}

function problemOf(details: Details, requestId: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[details.status] ?? 'Error', ...details, requestId };
}

/** What is answered when no route has the path. */
export function refuseUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0]?.slice(0, 200);
  const message = `there is nothing at ${path}; /docs describes the API`;
  sendProblem(new InputError('ROUTE_NOT_FOUND', message), request, reply);
}

/** What is sent on a connection whose bytes are no HTTP request, before it is ended. */
export function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const problem = problemOf(MALFORMED.get(error.code ?? '') ?? NOT_HTTP, uuidv7());
    const body = JSON.stringify(problem);
    const head = [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}

const NOT_HTTP: Details = { status: 400, code: 'MALFORMED_REQUEST', detail: 'this is no HTTP request' };

/** By the code of Node's parser. */
const MALFORMED: ReadonlyMap<string, Details> = new Map([
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    { status: 408, code: 'REQUEST_TIMEOUT', detail: 'the request took too long to arrive' },
  ],
  ['HPE_HEADER_OVERFLOW', { status: 431, code: 'HEADERS_TOO_LARGE', detail: 'the headers are too large' }],
]);

function detailsOf(error: unknown): Details {
  if (error instanceof InputError) {
    return inputProblem(error);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return shapeProblem(
      error.validationContext,
      error.validation.map(({ instancePath, message }) => ({
        pointer: instancePath,
        detail: message ?? 'not valid',
      })),
    );
  }
  const fault = storeFaultOf(error);
  if (fault === 'full')
    return { status: 507, code: 'STORE_FULL', detail: 'there is no room to store anything' };
  if (fault === 'busy') return { status: 503, code: 'STORE_BUSY', detail: 'the database is locked' };
  if (isFastifyRefusal(error)) {
    const code = CODE_OF_FASTIFY.get(error.code) ?? 'BAD_REQUEST';
    return { status: error.statusCode, code, detail: error.message };
  }
  return { status: 500, code: 'INTERNAL', detail: 'the service has a defect; its log tells more' };
}

/** What the caller sent may stand in a message; it does not come back as a whole. */
const MAX_DETAIL_CHARS = 2000;
const MAX_TEXT_CHARS = 200;

function inputProblem({ code, message, place }: InputError): Details {
  return {
    status: STATUS_OF_CODE.get(code) ?? 422,
    code,
    detail: message.slice(0, MAX_DETAIL_CHARS),
    ...place,
    ...(place.text !== undefined && { text: place.text.slice(0, MAX_TEXT_CHARS) }),
  };
}

/** A part of the request has the wrong shape. */
function shapeProblem(part: string | undefined, errors: readonly Fault[]): Details {
  const name = part === 'querystring' ? 'query' : (part ?? 'request');
  const [first] = errors;
  const said = errors.map(({ pointer, detail }) => `${pointer === '' ? `the ${name}` : pointer}: ${detail}`);
  return {
    status: 400,
    code: `INVALID_${name.toUpperCase()}`,
    detail: said.slice(0, 5).join('; '),
    ...(name === 'body' && first !== undefined && { pointer: first.pointer }),
    errors: errors.slice(0, 50),
  };
}

function isFastifyRefusal(error: unknown): error is FastifyError & { statusCode: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    String(error.code).startsWith('FST_') &&
    'statusCode' in error &&
    Number(error.statusCode) >= 400 &&
    Number(error.statusCode) < 500
  );
}
