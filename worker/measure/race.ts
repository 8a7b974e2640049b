/**
 * @file Races: kernels timed in turns, so that whatever disturbs the machine disturbs them all alike. In every round
 * each is sampled once, in random order.
 */
import { at } from '../../shared/support/errors.js';
import {
  calibrate,
  summarize,
  timeBatch,
  type Subject,
  type Timing,
  type TimingEnvironment,
} from './timing.js';

export interface RaceOptions {
  readonly rounds: number;
  readonly minSampleNs: number;
  /** A racer whose samples have taken this long leaves the race: a slow one must not keep the others from their rounds. */
  readonly allowanceNs: number;
}

export interface RaceEnvironment extends TimingEnvironment {
  /** A random integer in [0, exclusiveMax). */
  readonly nextInt: (exclusiveMax: number) => number;
  /** Called before each sample, with the racer's index. */
  readonly onTurn: (index: number) => void;
}

/**
 * Times the subjects in turns. Before its sample each runs unmeasured for a tenth of it: the caches are still full of
 * the kernel before.
 * @returns one timing per subject, in order; sample n of each was taken in round n, and there is at least one
 */
export function race(
  subjects: readonly Subject[],
  options: RaceOptions,
  environment: RaceEnvironment,
): Timing[] {
  const batches = subjects.map((subject, index) => {
    environment.onTurn(index);
    return calibrate(subject, options.minSampleNs, environment).batch;
  });
  const samples: number[][] = subjects.map(() => []);
  const spentNs = subjects.map(() => 0);
  for (let round = 0; round < options.rounds; round++) {
    for (const index of shuffled(subjects.length, environment.nextInt)) {
      if (at(spentNs, index) >= options.allowanceNs) continue;
      environment.onTurn(index);
      const [subject, batch] = [at(subjects, index), at(batches, index)];
      if (batch > 1) subject(Math.ceil(batch / 10));
      const elapsedNs = timeBatch(subject, batch, environment);
      at(samples, index).push(elapsedNs / batch);
      spentNs[index] = at(spentNs, index) + elapsedNs;
    }
  }
  return samples.map((samplesNs, index) => summarize(samplesNs, at(batches, index)));
}

/** The numbers below `count` in random order (Fisher-Yates). */
function shuffled(count: number, nextInt: (exclusiveMax: number) => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = nextInt(i + 1);
    const swapped = at(order, j);
    order[j] = at(order, i);
    order[i] = swapped;
  }
  return order;
}
