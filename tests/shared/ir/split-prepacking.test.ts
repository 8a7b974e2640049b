import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStrategy } from '../../../server/tuning/search.js';
import { LAYOUT_REWRITE_PREPROC, withConstants } from '../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createIndexMap } from '../../../shared/arith/index-map.js';
import { floordiv, floormod, variable } from '../../../shared/ir/build.js';
import { printScript } from '../../../shared/script/print.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson } from '../../../shared/schedule/trace.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { invariant } from '../../../shared/support/errors.js';
import { splitPrepacking } from '../../../shared/ir/split-prepacking.js';
import { searchSpec } from '../../server/tuning/search-specs.js';
import { matmul } from '../schedule/programs.js';
import { expectSameResults } from '../schedule/harness.js';
import { integerInputs, runInterpreter } from '../../support/inputs.js';
import { runWasm } from '../../support/run-wasm.js';

/** A product whose operand `from` is read through a copy in panels of four columns; `marked`: the copy is made once. */
function packed(constants: readonly string[], from = 1, marked = true): PrimFunc {
  const sch = createSchedule(withConstants(matmul(8), constants));
  const block = sch.getBlock('C');
  const copy = sch.cacheRead(block, from, 'global');
  const [i, j] = [variable('i'), variable('j')];
  sch.transformLayout(block, from, 'read', createIndexMap([i, j], [floordiv(j, 4), i, floormod(j, 4)]));
  if (marked) sch.annotate(copy, LAYOUT_REWRITE_PREPROC, 1);
  return sch.func;
}

const namesOf = (buffers: readonly { readonly name: string }[]): string[] => buffers.map(({ name }) => name);

describe('splitting what is prepared from what is run', () => {
  it('makes the packed buffer a parameter of both', () => {
    const func = packed(['B']);
    const { main, prepare, packed: buffers } = splitPrepacking(func);
    expect(namesOf(buffers)).toEqual(['B_global']);
    for (const part of [main, prepare]) {
      expect(namesOf(part?.params ?? [])).toEqual(['A', 'B', 'C', 'B_global']);
      expect(part?.root.allocBuffers).toEqual([]);
    }
    expect(printScript(main)).not.toContain('B[');
    expect(printScript(prepare ?? main)).not.toContain('C[');
  });

  it.each<[string, PrimFunc]>([
    ['nothing is marked', packed(['B'], 1, false)],
    ['what is marked copies something that may change', packed(['A'], 1)],
    ['nothing is constant', packed([], 1)],
  ])('does nothing when %s', (_, func) => {
    expect(splitPrepacking(func)).toEqual({ main: func, prepare: null, packed: [] });
  });

  it('leaves alone a copy into what is written elsewhere, too', () => {
    const func = packed(['B']);
    const { body } = func.root;
    invariant(body.kind === 'Seq', 'a copy and a product');
    const stmts = body.stmts.flatMap((s) => [s, { ...s }]);
    const twice = { ...func, root: { ...func.root, body: { ...body, stmts } } };
    expect(splitPrepacking(twice).prepare).toBeNull();
  });
});

/** What the search proposes first for a program with constants. */
function proposals(func: PrimFunc, seed: number): PrimFunc[] {
  const strategy = createStrategy(searchSpec({ script: printScript(func), strategy: 'replay-trace', seed }));
  const request = { round: 0, firstTrial: 0, size: 4, spent: 0, history: [], model: null };
  return strategy
    .proposeRound(request)
    .proposals.map(({ trace }) => applyTrace(func, traceFromJson(trace)).func);
}

const extent = fc.integer({ min: 1, max: 37 });
const programs = fc.oneof(
  fc.tuple(extent, extent, extent).map(([b, i, o]) => [`linear:b=${b},i=${i},o=${o}`, ['W']] as const),
  fc.tuple(extent, extent, extent).map(([m, n, k]) => [`matmul:m=${m},n=${n},k=${k}`, ['B']] as const),
  fc.tuple(extent, extent, extent).map(([m, n, k]) => [`mm_nt:m=${m},n=${n},k=${k}`, ['A', 'B']] as const),
);

it('programs with constants compute the same, prepared once, whatever their shape', () => {
  let prepared = 0;
  fc.assert(
    fc.property(programs, fc.nat(1000), ([spec, constants], seed) => {
      const func = withConstants(buildWorkload(spec).func, constants);
      for (const scheduled of proposals(func, seed)) {
        if (splitPrepacking(scheduled).prepare !== null) prepared++;
        expectSameResults(func, scheduled);
        const inputs = integerInputs(func);
        expect(runWasm(scheduled, 'wasm-simd128', inputs)).toEqual(runInterpreter(func, inputs));
      }
    }),
    { numRuns: 25 },
  );
  expect(prepared).toBeGreaterThan(10);
});
