/**
 * @file Strategy replay-func: random search that generates the space anew for each candidate, for spaces whose designs
 * depend on what is drawn while they are made.
 */
import { NO_ORIGIN } from '../../../db/candidate-record.js';
import { at } from '../../../shared/support/errors.js';
import { createProgramSet } from './program-set.js';
import { createSearchContext, failuresUntilExhausted, type Individual } from './search-context.js';
import type { SearchProblem, Strategy } from './strategy.js';

export function createReplayFunc(problem: SearchProblem): Strategy {
  const context = createSearchContext(problem);
  const { func, target, space } = problem;
  return {
    proposeRound: (request) => {
      const round = context.openRound(request);
      const fresh = createProgramSet();
      const picks: (readonly [Individual, null])[] = [];
      const patience = (): number => failuresUntilExhausted(request.firstTrial + picks.length);
      for (let draw = 0, failed = 0; picks.length < request.size && failed < patience(); draw++) {
        const rng = round.rng.fork(`draw ${draw}`);
        const designs = space.generate(func, { target, rng });
        const made =
          designs.length === 0
            ? null
            : round.make(at(designs, rng.nextInt(designs.length)).trace, NO_ORIGIN, rng);
        if (made !== null && !round.seen.has(made.program) && fresh.add(made.program)) {
          picks.push([made, null]);
          failed = 0;
        } else {
          failed++;
          if (made !== null) round.countDuplicate();
        }
      }
      return round.plan(picks, { exhausted: picks.length < request.size });
    },
  };
}
