import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUFFER_ALIGN_BYTES,
  layoutOf,
  WASM_PAGE_BYTES,
  type KernelAbi,
} from '../../../shared/protocol/kernel.js';
import { at } from '../../../shared/support/errors.js';

const abi = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 6 }),
    packed: fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 3 }),
    workspaceBytes: fc.nat(300_000),
  })
  .map(({ sizes, packed, workspaceBytes }): KernelAbi => {
    const params = sizes.map((bytes, i) => ({
      name: `p${i}`,
      dtype: 'int8' as const,
      shape: [bytes],
      bytes,
      access: 'read' as const,
      constant: false,
    }));
    return { name: 'k', params, packed, workspaceBytes };
  });

describe('layoutOf', () => {
  it('places everything aligned, apart, and inside the pages', () => {
    fc.assert(
      fc.property(abi, (kernel) => {
        const { params, packed, workspace, bytes, pages } = layoutOf(kernel);
        const spans = [
          ...params.map((start, i) => ({ start, end: start + at(kernel.params, i).bytes })),
          ...packed.map((start, i) => ({ start, end: start + at(kernel.packed, i) })),
          { start: workspace, end: workspace + kernel.workspaceBytes },
        ];
        let last = 0;
        for (const { start, end } of spans) {
          expect(start % BUFFER_ALIGN_BYTES).toBe(0);
          expect(start).toBeGreaterThanOrEqual(last);
          last = end;
        }
        expect(bytes).toBe(last);
        expect(pages * WASM_PAGE_BYTES).toBeGreaterThanOrEqual(bytes);
        expect(pages).toBe(Math.max(1, Math.ceil(bytes / WASM_PAGE_BYTES)));
      }),
    );
  });
});
