/**
 * @file Local descent: candidates that differ from one of the fastest in one small step, the most promising first. The
 * model has seen the neighbourhood by then, and steps that it cannot tell apart are settled by measuring.
 */
import { at } from '../../../shared/support/errors.js';
import type { Predictor } from '../../cost-model/model.js';
import { neighbours } from '../mutators/neighbours.js';
import { createProgramSet } from './program-set.js';
import type { Individual, PastIndividual, RoundContext } from './search-context.js';
import type { SearchProblem } from './strategy.js';

/** Candidates whose neighbours are looked at. */
const CENTRES = 3;

interface Descent {
  /** Measured trials, the fastest first. */
  readonly fastest: readonly PastIndividual[];
  readonly predictor: Predictor;
  /** Steps at most. */
  readonly count: number;
}

/** New candidates next to the fastest ones, the best by score first. */
export function descend(
  { func }: SearchProblem,
  round: RoundContext,
  { fastest, predictor, count }: Descent,
): (readonly [Individual, number])[] {
  if (count === 0) return [];
  const rng = round.rng.fork('descent');
  const known = createProgramSet();
  const found: Individual[] = [];
  for (const { individual: centre } of fastest.slice(0, CENTRES)) {
    for (const { trace, text } of neighbours(centre.design, { func, rng, replay: round.replay })) {
      const step = round.make(trace, { parent: centre.origin.parent, mutations: [text] }, rng);
      if (step === null) continue;
      if (!round.seen.has(step.program) && known.add(step.program)) found.push(step);
      else round.countDuplicate();
    }
  }
  const scores = predictor.predict(found.map((step) => step.func));
  return found
    .map((step, i) => [step, at(scores, i)] as const)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count);
}
