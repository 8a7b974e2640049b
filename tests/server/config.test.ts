import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isLoopback, loadConfig } from '../../server/config.js';

const KEY = 'a-key-of-enough-characters';

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      db: './data/tilewright.db',
      apiKeys: [],
      workerNode: undefined,
      debug: [],
      logLevel: 'info',
    });
  });

  it('is read from the environment, where empty means not set', () => {
    const config = loadConfig({
      PATH: '/bin',
      TILEWRIGHT_HOST: '0.0.0.0',
      TILEWRIGHT_PORT: '0',
      TILEWRIGHT_DB: '/var/lib/x.db',
      TILEWRIGHT_API_KEYS: ` ${KEY}1, ${KEY}2 ,`,
      TILEWRIGHT_WORKER_NODE: '/opt/node',
      TILEWRIGHT_DEBUG: '',
      TILEWRIGHT_LOG: 'silent',
    });
    expect(config).toEqual({
      host: '0.0.0.0',
      port: 0,
      db: '/var/lib/x.db',
      apiKeys: [`${KEY}1`, `${KEY}2`],
      workerNode: '/opt/node',
      debug: [],
      logLevel: 'silent',
    });
  });

  it.each([
    ['a port that is none', { TILEWRIGHT_PORT: '80 80' }, 'TILEWRIGHT_PORT'],
    ['a port that is too large', { TILEWRIGHT_PORT: '65536' }, 'TILEWRIGHT_PORT'],
    ['a short key', { TILEWRIGHT_API_KEYS: `${KEY},short` }, 'TILEWRIGHT_API_KEYS'],
    ['a key that no header can hold', { TILEWRIGHT_API_KEYS: `${KEY} ${KEY}` }, 'TILEWRIGHT_API_KEYS'],
    ['an unknown log level', { TILEWRIGHT_LOG: 'loud' }, 'TILEWRIGHT_LOG'],
    ['the world without keys', { TILEWRIGHT_HOST: '0.0.0.0' }, 'TILEWRIGHT_API_KEYS'],
    ['an unknown debug topic', { TILEWRIGHT_DEBUG: 'lower,loewr' }, 'TILEWRIGHT_DEBUG'],
  ])('refuses %s and names the variable', (_, environment, name) => {
    expect(() => loadConfig(environment)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`${name}: `) }),
    );
  });

  it('names all variables at fault, and never a key', () => {
    const environment = { TILEWRIGHT_PORT: 'x', TILEWRIGHT_API_KEYS: 'secret' };
    expect(() => loadConfig(environment)).toThrow(/TILEWRIGHT_PORT: .*\n.*TILEWRIGHT_API_KEYS: /);
    expect(() => loadConfig(environment)).not.toThrow(/secret/);
  });

  it('is documented by .env.example, with its defaults', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const values = parseEnv(example);
    expect(Object.keys(values).toSorted()).toEqual([
      'TILEWRIGHT_API_KEYS',
      'TILEWRIGHT_DB',
      'TILEWRIGHT_DEBUG',
      'TILEWRIGHT_HOST',
      'TILEWRIGHT_LOG',
      'TILEWRIGHT_PORT',
      'TILEWRIGHT_WORKER_NODE',
    ]);
    expect(loadConfig(values)).toEqual(loadConfig({}));
  });
});

describe('loopback addresses', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('%s is one', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', '127.evil', 'example.org', ''])(
    '%s is none',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
