import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { InternalError } from '../../../../shared/support/errors.js';
import { planAddresses } from '../../../../worker/codegen/wasm/address-plan.js';
import { emitKernel } from '../../../../worker/codegen/wasm/emit.js';
import type { MemoryRegion } from '../../../../worker/lower/loop-ir.js';
import * as ir from './loop-ir-dsl.js';

const { F32, I32 } = ir;
const zero = ir.constant(0, F32);

describe('planAddresses', () => {
  const region = ir.param(0, 'float32', 1 << 16);
  const [i, j] = [ir.local('i', I32), ir.local('j', I32)];

  it('gives addresses that differ in their offsets one pointer', () => {
    const addresses = [0, 4, 400].map((offset) =>
      ir.address(
        region,
        [
          [i, 16],
          [j, 4],
        ],
        offset,
      ),
    );
    const other = ir.address(region, [
      [i, 16],
      [j, 8],
    ]);
    const stores = [...addresses, other].map((at) => ir.store(at, zero));
    const plan = planAddresses(ir.kernel([region], [ir.loop(i, 4, [ir.loop(j, 4, stores)])]));
    const pointers = new Set(addresses.map((at) => plan.pointerOf(at)));
    expect(pointers.size).toBe(1);
    expect(plan.pointersOf(j)).toEqual([...pointers, plan.pointerOf(other)]);
    expect(plan.pointersOf(i)).toHaveLength(1);
    expect(plan.pointerOf(other).parent).toBe(plan.pointersOf(i)[0]);
    expect(plan.isIndexUsed(i)).toBe(false);
  });

  it('lets regions of the workspace share pointers', () => {
    const places = [0, 4096].map((offset): MemoryRegion => ({
      ...region,
      place: { kind: 'workspace', offset },
    }));
    const addresses = places.map((place) => ir.address(place, [[i, 4]]));
    const stores = addresses.map((at) => ir.store(at, zero));
    const plan = planAddresses(ir.kernel(places, [ir.loop(i, 4, stores)]));
    expect(new Set(addresses.map((at) => plan.pointerOf(at))).size).toBe(1);
  });

  it('starts pointers that run backwards high enough never to be negative', () => {
    const at = ir.address(
      region,
      [
        [i, -4],
        [j, -100],
      ],
      1000,
    );
    const plan = planAddresses(ir.kernel([region], [ir.loop(i, 11, [ir.loop(j, 3, [ir.store(at, zero)])])]));
    expect(plan.pointerOf(at)).toMatchObject({ shift: 240, isSafe: true });
    expect(plan.pointerOf(at).parent).toMatchObject({ shift: 40, isSafe: true });
  });

  it('trusts no immediates where a pointer may be negative', () => {
    const unknown = ir.local('unknown', I32);
    const [down, some] = [ir.address(region, [[i, -4]], 400), ir.address(region, [[unknown, 4]], 400)];
    const ints = ir.param(1, 'int32', 1);
    const plan = planAddresses(
      ir.kernel(
        [region, ints],
        [
          ir.assign(unknown, ir.load(I32, ir.address(ints, []))),
          ir.loop(i, ir.get(unknown), [ir.store(down, zero), ir.store(some, zero)]),
        ],
      ),
    );
    expect(plan.pointerOf(down).isSafe).toBe(false);
    expect(plan.pointerOf(some).isSafe).toBe(false);
  });

  it('knows when a loop needs its index', () => {
    const value = ir.load(F32, ir.address(region, [], 0, ir.binary('mul', ir.get(j), ir.constant(4))));
    const at = ir.address(region, [[i, 4]]);
    const plan = planAddresses(ir.kernel([region], [ir.loop(i, 4, [ir.loop(j, 4, [ir.store(at, value)])])]));
    expect([plan.isIndexUsed(i), plan.isIndexUsed(j)]).toEqual([false, true]);
  });

  it('refuses an address along a local that is never set', () => {
    const stray = ir.store(ir.address(region, [[i, 4]]), zero);
    expect(() => emitKernel(ir.kernel([region], [stray]), TARGETS.wasm, { bench: false })).toThrow(
      InternalError,
    );
  });
});
