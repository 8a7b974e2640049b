/** @file The spaces that a tune can name. */
import type { SpaceId } from '../../../shared/protocol/search-options.js';
import { mutateCategorical } from '../mutators/mutate-categorical.js';
import { mutateUnroll } from '../mutators/mutate-unroll.js';
import { mutateComputeLocation } from '../mutators/mutate-compute-location.js';
import { mutateImperfectTile } from '../mutators/mutate-imperfect-tile.js';
import { mutateTileSize } from '../mutators/mutate-tile-size.js';
import type { WeightedMutators } from '../mutators/mutator.js';
import { packOperands } from '../postprocs/pack-operands.js';
import { verifyRegisters } from '../postprocs/verify-registers.js';
import type { SearchSpace, SpaceGenerator } from '../space.js';
import { defaultSpace } from './default-space.js';
import { LLVM_MUTATORS, LLVM_POSTPROCS, tvmLlvmSpace } from './tvm-llvm.js';

/** Sizes of tiles are what most decisions of the Wasm space are about. */
const WASM_MUTATORS: WeightedMutators = [
  [mutateImperfectTile, 0.6],
  [mutateCategorical, 0.3],
  [mutateTileSize, 0.3],
  [mutateComputeLocation, 0.1],
];

export const SPACES: { readonly [S in SpaceId]: SearchSpace } = {
  default: {
    generate: defaultSpace,
    postprocs: { 'verify-registers': verifyRegisters, 'pack-operands': packOperands },
    mutators: WASM_MUTATORS,
  },
  'tvm-llvm': { generate: tvmLlvmSpace(), postprocs: LLVM_POSTPROCS, mutators: LLVM_MUTATORS },
};

/** The space of a generator of one's own: nothing is rejected, and everything may be mutated. */
export function ownSpace(generate: SpaceGenerator): SearchSpace {
  return { generate, postprocs: {}, mutators: [...WASM_MUTATORS, [mutateUnroll, 0.1]] };
}
