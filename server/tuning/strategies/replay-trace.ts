/**
 * @file Strategy replay-trace: random search. Each candidate is a design of the space, drawn uniformly, replayed with
 * fresh decisions. The baseline that cleverer strategies must beat.
 */
import { createProgramSet } from './program-set.js';
import { createSearchContext, failuresUntilExhausted, type Individual } from './search-context.js';
import type { SearchProblem, Strategy } from './strategy.js';

export function createReplayTrace(problem: SearchProblem): Strategy {
  const context = createSearchContext(problem);
  return {
    proposeRound: (request) => {
      const round = context.openRound(request);
      const fresh = createProgramSet();
      const picks: (readonly [Individual, null])[] = [];
      while (picks.length < request.size) {
        const patience = failuresUntilExhausted(request.firstTrial + picks.length);
        const drawn = round.draw(fresh, round.rng.fork(`draw ${picks.length}`), patience);
        if (drawn === null) break;
        picks.push([drawn, null]);
      }
      return round.plan(picks, { exhausted: picks.length < request.size });
    },
  };
}
