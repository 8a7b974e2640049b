/** @file Random statements and blocks, from a sequence of choices; see `arbitrary-syntax.ts`. */
import type { BufferRegion } from '../../../shared/ir/region.js';
import { variable } from '../../../shared/ir/build.js';
import {
  block,
  blockRealize,
  EMPTY,
  evaluate,
  forLoop,
  ifStmt,
  iterVar,
  letStmt,
  range,
  seq,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { Expr } from '../../../shared/ir/expr.js';
import type { ForKind, IterType, IterVar, Stmt } from '../../../shared/ir/stmt.js';
import {
  choose,
  deeper,
  randomAttrs,
  randomBuffer,
  randomDType,
  randomIndexType,
  randomName,
  several,
  type Site,
} from './random-site.js';
import { randomExpr, randomRange } from './random-expr.js';

const FOR_KINDS: readonly ForKind[] = [
  'serial',
  'serial',
  'parallel',
  'vectorized',
  'unrolled',
  'threadBinding',
];
const ITER_TYPES: readonly IterType[] = ['spatial', 'reduce', 'opaque', 'scan'];

export function randomRegions(site: Site): BufferRegion[] {
  if (site.buffers.length === 0) return [];
  return several(site, 2, () => {
    const b = choose(site, site.buffers);
    const region = b.shape.map((extent) =>
      site.pick(3) === 0 ? range(0, extent) : randomRange({ ...site, fuel: 2 }, randomIndexType(site)),
    );
    return { buffer: b, region };
  });
}

export function randomStmt(site: Site): Stmt {
  if (site.fuel <= 0) return randomLeaf(site);
  const inner = deeper(site);
  switch (site.pick(8)) {
    case 0:
      return randomLeaf(site);
    case 1:
    case 2:
      return randomFor(inner);
    case 3:
    case 4:
      return randomBlock(inner);
    case 5:
      return seq(several(site, 3, () => randomStmt(inner)));
    case 6: {
      const otherwise = site.pick(2) === 0 ? null : randomStmt(inner);
      return ifStmt(randomExpr(inner, 'bool'), randomStmt(inner), otherwise);
    }
    default: {
      const value = randomExpr(inner, randomDType(site));
      const v = variable(randomName(site), value.dtype);
      return letStmt(v, value, randomStmt({ ...inner, vars: [...site.vars, v] }));
    }
  }
}

function randomLeaf(site: Site): Stmt {
  const simple: Site = { ...site, fuel: Math.max(site.fuel, 2) };
  switch (site.pick(4)) {
    case 0:
      return EMPTY;
    case 1:
      return evaluate(randomExpr(simple, randomDType(site)));
    default: {
      if (site.buffers.length === 0) return EMPTY;
      const b = choose(site, site.buffers);
      const indices = b.shape.map(() => randomExpr(simple, randomIndexType(site)));
      return store(b, randomExpr(simple, b.dtype), indices);
    }
  }
}

function randomFor(site: Site): Stmt {
  const dtype = randomIndexType(site);
  const v = variable(randomName(site), dtype);
  const isPlain = site.pick(2) === 0;
  const dom = isPlain ? null : randomRange({ ...site, fuel: 2 }, dtype);
  const forKind = isPlain ? 'serial' : choose(site, FOR_KINDS);
  const body = randomStmt({ ...site, vars: [...site.vars, v] });
  return forLoop(v, dom?.extent ?? 1 + site.pick(9), body, {
    ...(dom === null ? {} : { min: dom.min }),
    forKind,
    threadTag: forKind === 'threadBinding' ? choose(site, ['threadIdx.x', 'blockIdx.y']) : null,
    annotations: isPlain ? {} : randomAttrs(site),
  });
}

function randomBlock(site: Site): Stmt {
  const name = `b${site.blocks.length}${choose(site, ['', '-x', '"q"', '_update', ' '])}`;
  site.blocks.push(name);
  const iterVars: IterVar[] = [];
  const iterValues: Expr[] = [];
  for (let i = site.pick(4); i > 0; i--) {
    const loops = site.vars.filter((v) => v.dtype === 'int32' || v.dtype === 'int64');
    const value = loops.length > 0 && site.pick(3) > 0 ? choose(site, loops) : null;
    const dtype = value?.dtype === 'int64' ? 'int64' : 'int32';
    const dom = site.pick(2) === 0 ? range(0, 1 + site.pick(9)) : randomRange({ ...site, fuel: 1 }, 'int32');
    const typed = dtype === 'int32' ? dom : randomRange({ ...site, fuel: 1 }, 'int64');
    iterVars.push(iterVar(variable(randomName(site), dtype), typed, choose(site, ITER_TYPES)));
    iterValues.push(value ?? randomExpr({ ...site, fuel: 2 }, dtype));
  }
  const predicate = site.pick(2) === 0 ? undefined : randomExpr({ ...site, fuel: 2 }, 'bool');
  const allocBuffers = several(site, 1, () => randomBuffer(site));
  const inside: Site = {
    ...site,
    vars: [...site.vars, ...iterVars.map((iter) => iter.var)],
    buffers: [...site.buffers, ...allocBuffers],
  };
  const made = block(name, {
    iterVars,
    reads: randomRegions({ ...inside, buffers: site.buffers }),
    writes: randomRegions({ ...inside, buffers: site.buffers }),
    allocBuffers,
    annotations: randomAttrs(site),
    init: site.pick(3) === 0 ? randomStmt(deeper(inside)) : null,
    body: randomStmt(inside),
  });
  return blockRealize(iterValues, made, predicate);
}
