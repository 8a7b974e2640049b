/** @file Where a kernel's buffers live: parameters by position, temporaries one after another in the workspace. */
import { byteSizeOf, type Buffer } from '../../shared/ir/buffer.js';
import { alignUp } from '../../shared/protocol/kernel.js';
import type { MemoryRegion } from './loop-ir.js';

export interface PlacedRegions {
  readonly regions: ReadonlyMap<Buffer, MemoryRegion>;
  readonly workspaceBytes: number;
}

export function placeRegions(params: readonly Buffer[], temporaries: readonly Buffer[]): PlacedRegions {
  const regions = new Map<Buffer, MemoryRegion>();
  for (const [index, b] of params.entries()) regions.set(b, regionOf(b, { kind: 'param', index }));
  let offset = 0;
  for (const b of temporaries) {
    regions.set(b, regionOf(b, { kind: 'workspace', offset }));
    offset = alignUp(offset + byteSizeOf(b));
  }
  return { regions, workspaceBytes: offset };
}

function regionOf(b: Buffer, place: MemoryRegion['place']): MemoryRegion {
  return { kind: 'MemoryRegion', name: b.name, dtype: b.dtype, bytes: byteSizeOf(b), place };
}
