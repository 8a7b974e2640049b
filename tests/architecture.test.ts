/** @file The walls of the house: who may import whom, no cycles, and what the pure parts may not touch. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  worker: ['worker', 'shared'],
  db: ['db', 'shared'],
  server: ['server', 'db', 'shared'],
};

/** Layers inside of `shared`, lowest first: a folder imports from its own layer and those below. */
const SHARED_LAYERS = [['support'], ['ir', 'arith'], ['te', 'script', 'schedule'], ['protocol']];

/** Packages that a room may use; `server` may use any. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  shared: ['@lezer/common', '@lezer/python', 'pure-rand', 'zod'],
  worker: ['piscina', 'zod'],
  db: ['better-sqlite3', 'zod'],
};

interface Module {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
  /** Modules of the project, as paths; packages and `node:` modules by name. */
  readonly imports: readonly string[];
}

function read(path: string): Module {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';|^import '([^']+)';/gm)];
  const imports = specifiers.map(([, from, bare]) => {
    const specifier = from ?? bare ?? '';
    if (!specifier.startsWith('.')) return specifier;
    return normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts');
  });
  return { path, text, imports };
}

const modules = Object.keys(MAY_IMPORT).flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(join(room, path))),
);
const paths = new Set(modules.map(({ path }) => path));

const roomOf = (path: string): string => path.split('/')[0] ?? '';
const isOurs = (name: string): boolean => paths.has(name);
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** Every (module, import) for which the check fails, as text. */
function faults(check: (module: Module, name: string) => boolean): string[] {
  return modules.flatMap((module) =>
    module.imports.filter((name) => !check(module, name)).map((name) => `${module.path} imports ${name}`),
  );
}

describe('the rooms', () => {
  it('are all there', () => {
    for (const room of Object.keys(MAY_IMPORT)) {
      expect(modules.filter(({ path }) => roomOf(path) === room).length, room).toBeGreaterThan(10);
    }
    expect(faults((_, name) => !name.endsWith('.ts') || isOurs(name))).toEqual([]);
  });

  it('import only from the rooms that they may', () => {
    expect(
      faults(({ path }, name) => !isOurs(name) || MAY_IMPORT[roomOf(path)]?.includes(roomOf(name)) === true),
    ).toEqual([]);
  });

  it('use only their packages', () => {
    expect(
      faults(({ path }, name) => {
        const packages = PACKAGES[roomOf(path)];
        return (
          packages === undefined ||
          isOurs(name) ||
          name.startsWith('node:') ||
          packages.includes(packageOf(name))
        );
      }),
    ).toEqual([]);
  });
});

describe('shared', () => {
  const inShared = ({ path }: Module): boolean => roomOf(path) === 'shared';

  it('is pure: no modules of Node, no clock, no randomness of its own', () => {
    expect(faults((module, name) => !inShared(module) || !name.startsWith('node:'))).toEqual([]);
    const impure = modules.filter(
      (module) =>
        inShared(module) && /\b(Math\.random|Date\.now|performance\.now|process\.[a-z])/.test(module.text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  it('has layers: what is lower knows nothing of what is higher', () => {
    const layerOf = (path: string): number =>
      SHARED_LAYERS.findIndex((folders) => folders.includes(path.split('/')[1] ?? ''));
    expect(
      faults((module, name) => {
        if (!inShared(module) || !isOurs(name)) return true;
        return layerOf(name) >= 0 && layerOf(name) <= layerOf(module.path);
      }),
    ).toEqual([]);
  });
});

it('searches are a function of their seed: no clock and no randomness but the generator given to them', () => {
  const search = modules.filter(({ path }) => /^server\/tuning\/(spaces|strategies|postprocs)\//.test(path));
  expect(search.length).toBeGreaterThan(4);
  const impure = search.filter(({ text }) => /\b(Math\.random|Date\.now|performance\.now)/.test(text));
  expect(impure.map(({ path }) => path)).toEqual([]);
});

it('no module imports itself by a detour', () => {
  const importsOf = new Map(modules.map(({ path, imports }) => [path, imports.filter(isOurs)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const from = trail.indexOf(path);
    if (from >= 0) cycles.push([...trail.slice(from), path].join(' -> '));
    if (from >= 0 || done.has(path)) return;
    for (const next of importsOf.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of importsOf.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});
