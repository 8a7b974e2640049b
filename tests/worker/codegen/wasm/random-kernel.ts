/**
 * @file Random Loop IR kernels, valid by construction: divisors are not zero and accesses that are executed are in
 * bounds; some that would not be stand behind conditions. Infinities and NaN arise on purpose.
 */
import type { Kernel, Statement, Value, ValueType } from '../../../../worker/lower/loop-ir.js';
import { assign, constant, I32, local, loop, store } from './loop-ir-dsl.js';
import {
  createRandom,
  pick,
  randomAddress,
  randomBelow,
  randomBetween,
  REGION_SLOT_BYTES,
  type Generator,
  type Index,
  type Scope,
} from './random-addresses.js';
import { BOOL, randomValue, SCALARS, VECTORS } from './random-values.js';

export interface RandomKernelOptions {
  readonly seed: number;
  /** Statements at the outermost level. */
  readonly statements: number;
  /** Height of value trees. */
  readonly depth: number;
  readonly vectors: boolean;
}

const MAX_NESTING = 3;

export function randomKernel({ seed, statements, depth, vectors }: RandomKernelOptions): Kernel {
  let names = 0;
  const g: Generator = {
    random: createRandom(seed),
    vectors,
    regions: [],
    fresh: (type) => local(`l${names++}`, type),
    value: (type, scope, height) => randomValue(g, type, scope, height),
  };
  const body = randomBody(g, { indices: [], locals: [], nesting: 0 }, statements, depth);
  return { name: 'random', regions: g.regions, workspaceBytes: 16 * REGION_SLOT_BYTES, body };
}

function randomBody(g: Generator, outer: Scope, count: number, depth: number): Statement[] {
  const indices: Index[] = [...outer.indices];
  const scope: Scope = { indices, locals: [...outer.locals], nesting: outer.nesting };
  return Array.from({ length: count }, () => {
    const made = randomStatement(g, scope, depth);
    if (made.index !== undefined) indices.push(made.index);
    return made.statement;
  });
}

/** @returns a statement, and the index that it defines for later ones */
function randomStatement(g: Generator, scope: Scope, depth: number): { statement: Statement; index?: Index } {
  const { random } = g;
  switch (random(scope.nesting < MAX_NESTING ? 6 : 4)) {
    case 0:
      return { statement: randomAssign(g, scope, depth) };
    case 1: {
      const min = random(2) === 0 ? 0 : -random(4);
      const max = min + random(5);
      const index = { local: g.fresh(I32), min, max, isLoop: false };
      return { statement: assign(index.local, randomBetween(g, scope, min, max)), index };
    }
    case 2:
    case 3: {
      const type = dataType(g);
      return { statement: store(randomAddress(g, type, scope), g.value(type, scope, depth)) };
    }
    case 4: {
      const nested: Scope = { ...scope, nesting: scope.nesting + 1 };
      const branches = [random(3), random(3)].map((count) => randomBody(g, nested, count, depth));
      return { statement: conditional(g.value(BOOL, scope, 2), branches) };
    }
    default:
      return { statement: randomLoop(g, scope, depth) };
  }
}

function dataType({ random, vectors }: Generator): ValueType {
  return vectors && random(2) === 0 ? pick(random, VECTORS) : { dtype: pick(random, SCALARS), lanes: 1 };
}

function randomAssign(g: Generator, { locals, ...scope }: Scope, depth: number): Statement {
  const isNew = locals.length === 0 || g.random(2) === 0;
  const target = isNew ? g.fresh(dataType(g)) : pick(g.random, locals);
  const statement = assign(target, g.value(target.type, { ...scope, locals }, depth));
  if (isNew) locals.push(target);
  return statement;
}

function conditional(condition: Value, [yes = [], no = []]: readonly Statement[][]): Statement {
  return { kind: 'IfStatement', condition, then: yes, else: no };
}

/** A loop of 0 to 6 iterations, whose extent is a literal or computed. */
function randomLoop(g: Generator, scope: Scope, depth: number): Statement {
  const index = g.fresh(I32);
  const trips = g.random(6);
  const isComputed = g.random(3) === 0;
  const extent = isComputed ? randomBelow(g, scope, trips + 2) : constant(trips);
  const max = isComputed ? trips : Math.max(0, trips - 1);
  const nested: Scope = {
    indices: [...scope.indices, { local: index, min: 0, max, isLoop: true }],
    locals: scope.locals,
    nesting: scope.nesting + 1,
  };
  return loop(index, extent, randomBody(g, nested, 1 + g.random(4), depth));
}
