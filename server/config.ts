/** @file Configuration: all of it from the environment, checked at the start. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { InputError } from '../shared/support/errors.js';

const MIN_KEY_CHARS = 16;

/** Items separated by commas. */
const ListSchema = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

const ApiKeysSchema = ListSchema.pipe(
  z.array(
    z
      .string()
      .min(MIN_KEY_CHARS, `each key needs at least ${MIN_KEY_CHARS} characters`)
      .regex(/^[\w~+/.-]+=*$/, 'keys consist of letters, digits and -._~+/='),
  ),
);

const PortSchema = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
  .transform(Number)
  .pipe(z.int().max(65_535, 'must be a number from 0 to 65535'));

/** `lower` prints every program after each lowering pass. */
export const DEBUG_TOPICS = ['lower'] as const;

const DebugSchema = ListSchema.pipe(z.array(z.enum(DEBUG_TOPICS, `topics are ${DEBUG_TOPICS.join(', ')}`)));

const EnvironmentSchema = z
  .object({
    TILEWRIGHT_HOST: z.string().min(1).default('127.0.0.1'),
    TILEWRIGHT_PORT: PortSchema.default(8080),
    TILEWRIGHT_DB: z.string().min(1).default('./data/tilewright.db'),
    TILEWRIGHT_API_KEYS: ApiKeysSchema,
    TILEWRIGHT_WORKER_NODE: z.string().min(1).optional(),
    TILEWRIGHT_DEBUG: DebugSchema,
    TILEWRIGHT_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .refine((env) => env.TILEWRIGHT_API_KEYS.length > 0 || isLoopback(env.TILEWRIGHT_HOST), {
    path: ['TILEWRIGHT_API_KEYS'],
    error: 'must be set when TILEWRIGHT_HOST is not a loopback address',
  });

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Path of the SQLite file. */
  readonly db: string;
  /** None: everybody who can connect may do everything. */
  readonly apiKeys: readonly string[];
  /** The Node binary to measure under; this process's own when undefined. */
  readonly workerNode: string | undefined;
  /** Topics whose details go to the standard error, as plain text. */
  readonly debug: readonly (typeof DEBUG_TOPICS)[number][];
  readonly logLevel: z.output<typeof EnvironmentSchema>['TILEWRIGHT_LOG'];
}

/**
 * Reads the configuration. A variable that is set to the empty string counts as not set.
 * @throws InputError `CONFIG_INVALID`, naming every variable at fault.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('TILEWRIGHT_') && value !== ''),
  );
  const parsed = EnvironmentSchema.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
    throw new InputError('CONFIG_INVALID', `the configuration is not valid\n  ${faults.join('\n  ')}`);
  }
  const env = parsed.data;
  return {
    host: env.TILEWRIGHT_HOST,
    port: env.TILEWRIGHT_PORT,
    db: env.TILEWRIGHT_DB,
    apiKeys: env.TILEWRIGHT_API_KEYS,
    workerNode: env.TILEWRIGHT_WORKER_NODE,
    debug: env.TILEWRIGHT_DEBUG,
    logLevel: env.TILEWRIGHT_LOG,
  };
}

/** Whether only programs on this machine can connect to the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
