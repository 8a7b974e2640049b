/** @file How large a program may be. Every limit is a row of one table. */
import { InputError } from '../support/errors.js';
import { byteSizeOf, type Buffer } from './buffer.js';
import { constInt } from './build.js';
import type { PrimFunc } from './prim-func.js';
import type { Stmt } from './stmt.js';
import { mapStmtChildren, walkStmt } from './visit.js';

interface Limit {
  readonly max: number;
  readonly what: string;
}

export const LIMITS = {
  NODES: { max: 10_000, what: 'nodes' },
  DEPTH: { max: 128, what: 'statements nested in each other' },
  BLOCKS: { max: 32, what: 'blocks' },
  LOOPS: { max: 16, what: 'loops nested in each other' },
  BUFFERS: { max: 32, what: 'buffers' },
  RANK: { max: 8, what: 'dimensions of a buffer' },
  EXTENT: { max: 2 ** 31 - 1, what: 'iterations of a loop' },
  BYTES: { max: 256 * 1024 * 1024, what: 'bytes of buffers' },
  ITERATIONS: { max: 2 ** 34, what: 'executed stores' },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** @throws InputError `LIMIT_<name>` with the limit and the program's value. */
export function checkLimits(func: PrimFunc): void {
  const buffers: Buffer[] = [...func.params, ...func.root.allocBuffers];
  let nodes = 0;
  let blocks = 0;
  walkStmt(func.root.body, {
    stmt: (s) => {
      nodes++;
      if (s.kind === 'BlockRealize') {
        blocks++;
        buffers.push(...s.block.allocBuffers);
      }
    },
    expr: () => {
      nodes++;
    },
  });
  check('NODES', nodes);
  check('BLOCKS', blocks);
  check('BUFFERS', buffers.length);
  for (const b of buffers) check('RANK', b.shape.length, b.name);
  check(
    'BYTES',
    buffers.reduce((sum, b) => sum + byteSizeOf(b), 0),
  );
  checkNesting(func.root.body, 0, 0);
  check('ITERATIONS', storesOf(func.root.body));
}

function check(name: LimitName, value: number, where?: string): void {
  const { max, what } = LIMITS[name];
  if (value > max) {
    const place = where === undefined ? '' : ` (${where})`;
    throw new InputError(
      `LIMIT_${name}`,
      `the program has ${value} ${what}${place}; at most ${max} are allowed`,
    );
  }
}

function checkNesting(s: Stmt, depth: number, loops: number): void {
  const isLoop = s.kind === 'For';
  check('DEPTH', depth + 1);
  check('LOOPS', isLoop ? loops + 1 : loops);
  if (isLoop) check('EXTENT', constInt(s.extent) ?? 0, s.loopVar.name);
  mapStmtChildren(
    s,
    (child) => {
      checkNesting(child, depth + 1, isLoop ? loops + 1 : loops);
      return child;
    },
    (e) => e,
  );
}

/** Stores of one run; numbers above 2^53 are no longer exact, which does not matter above the limit. */
function storesOf(s: Stmt): number {
  switch (s.kind) {
    case 'For':
      return (constInt(s.extent) ?? 1) * storesOf(s.body);
    case 'BlockRealize':
      return storesOf(s.block.body);
    case 'Seq':
      return s.stmts.reduce((sum, child) => sum + storesOf(child), 0);
    case 'If':
      return storesOf(s.then) + (s.else === null ? 0 : storesOf(s.else));
    case 'Let':
      return storesOf(s.body);
    case 'BufferStore':
    case 'Evaluate':
      return 1;
  }
}
