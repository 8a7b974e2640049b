/**
 * @file Random well-typed programs that use every construct of the language, sensible or not.
 *
 * A program is built from a sequence of choices, so that shortening the sequence makes the program smaller; once it is
 * used up every choice is the simplest.
 */
import * as fc from 'fast-check';
import type { Buffer } from '../../../shared/ir/buffer.js';
import type { BufferRegion } from '../../../shared/ir/region.js';
import { block, primFunc, ROOT_BLOCK } from '../../../shared/ir/build-stmt.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { randomExpr } from './random-expr.js';
import {
  choicesFrom,
  randomAttrs,
  randomBuffer,
  randomDType,
  randomName,
  several,
  type Site,
} from './random-site.js';
import { randomRegions, randomStmt } from './random-stmt.js';

function randomFunc(site: Site): PrimFunc {
  const params = several(site, 3, () => randomBuffer(site));
  const allocBuffers = several(site, 2, () => randomBuffer(site));
  const inside: Site = { ...site, buffers: [...params, ...allocBuffers] };
  const attrs = randomAttrs(site);
  const annotations = site.pick(3) === 0 ? randomAttrs(site) : {};
  const regions = (): BufferRegion[] =>
    site.pick(4) === 0 ? randomRegions({ ...site, buffers: params }) : [];
  const [reads, writes] = [regions(), regions()];
  const body = randomStmt(inside);
  const root = block(ROOT_BLOCK, { allocBuffers, annotations, reads, writes, body });
  return { ...primFunc(randomName(site), { params, body, attrs }), root };
}

/** The longer the sequence of choices, the larger the program. */
function choices(maxLength: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 2 ** 20 }), { minLength: 2, maxLength, size: 'max' });
}

function siteOf(numbers: readonly number[], vars: readonly Var[], buffers: readonly Buffer[]): Site {
  return { pick: choicesFrom(numbers), vars, buffers, fuel: 6, blocks: [] };
}

/** A function with any kind of statement and expression in it. */
export function arbitrarySyntax(): fc.Arbitrary<PrimFunc> {
  return choices(400).map((numbers) => randomFunc(siteOf(numbers, [], [])));
}

/** An expression of any type over some variables and buffers. */
export function arbitraryExpr(vars: readonly Var[], buffers: readonly Buffer[]): fc.Arbitrary<Expr> {
  return choices(120).map((numbers) => {
    const site = siteOf(numbers, vars, buffers);
    return randomExpr(site, randomDType(site));
  });
}
