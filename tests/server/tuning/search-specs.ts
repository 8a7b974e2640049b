/** @file Searches that are small and quick. */
import type { SearchSpec } from '../../../server/tuning/search.js';
import { SearchOptionsSchema } from '../../../shared/protocol/search-options.js';
import { printScript } from '../../../shared/script/print.js';
import { matmul } from '../../shared/schedule/programs.js';

/** Of strategy `evolutionary`: few candidates and generations. */
export const QUICK_SEARCH = SearchOptionsSchema.parse({
  trialsPerRound: 4,
  model: 'random',
  evolution: { populationSize: 12, initMinUnmeasured: 6, geneticNumIters: 2 },
});

export function searchSpec(parts: Partial<SearchSpec> = {}): SearchSpec {
  return {
    script: printScript(matmul(16)),
    target: 'wasm-simd128',
    space: 'default',
    strategy: 'replay-trace',
    model: QUICK_SEARCH.model,
    evolution: QUICK_SEARCH.evolution,
    seed: 0,
    warm: [],
    ...parts,
  };
}
