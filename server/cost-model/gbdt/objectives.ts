/**
 * @file What boosting minimises. An objective gives, at the predictions of the moment, the first and second derivative
 * of the loss by the prediction of each sample.
 */
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';
import { float64At } from './read.js';

/** One number per sample, or per row once they are spread over the packs. Hessians are not negative. */
export interface Derivatives {
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

export interface Labelled {
  readonly labels: Float64Array;
  readonly groups: Int32Array;
}

/** @param predictions one per sample. @param rng for objectives that look at a part of the pairs only */
export type Objective = (predictions: Float64Array, samples: Labelled, rng: Rng) => Derivatives;

/** The sum of `(prediction - label)^2 / 2`. */
export const squaredError: Objective = (predictions, { labels }) => ({
  gradients: predictions.map((prediction, i) => prediction - float64At(labels, i)),
  hessians: new Float64Array(predictions.length).fill(1),
});

/**
 * The sum of `label * (prediction - label)^2 / 2`, as in TVM: the better a program, the more it matters to know it well.
 * Labels are not negative; samples labelled 0 teach nothing.
 */
export const weightedSquaredError: Objective = (predictions, { labels }) => ({
  gradients: predictions.map((prediction, i) => (prediction - float64At(labels, i)) * float64At(labels, i)),
  hessians: labels.slice(),
});

/**
 * The order within groups: the sum over pairs of one group of `weight * log(1 + exp(-margin))`. The margin is by how much
 * the sample with the higher label is predicted higher, the weight is the difference of the labels divided by the
 * number of other samples in the group, so that a sample counts the same in groups of any size.
 *
 * @param partners samples that each sample is compared with in a round; drawn, when its group has more
 */
export function pairwiseRank(partners = 16): Objective {
  return (predictions, { labels, groups }, rng) => {
    const derivatives: Derivatives = {
      gradients: new Float64Array(predictions.length),
      hessians: new Float64Array(predictions.length),
    };
    for (const members of membersOf(groups)) {
      const others = members.length - 1;
      const compared = Math.min(others, partners);
      for (const [place, sample] of members.entries()) {
        for (let k = 0; k < compared; k++) {
          const drawn = others <= partners ? k : rng.nextInt(others);
          const partner = at(members, drawn < place ? drawn : drawn + 1);
          // Every pair has two ends to be met from, hence the half.
          const weight = Math.abs(float64At(labels, sample) - float64At(labels, partner)) / (2 * compared);
          const isBetter = float64At(labels, sample) > float64At(labels, partner);
          const [better, worse] = isBetter ? [sample, partner] : [partner, sample];
          const margin = float64At(predictions, better) - float64At(predictions, worse);
          addPair(derivatives, better, worse, { margin, weight });
        }
      }
    }
    return derivatives;
  };
}

function addPair(
  { gradients, hessians }: Derivatives,
  better: number,
  worse: number,
  pair: { readonly margin: number; readonly weight: number },
): void {
  const doubt = 1 / (1 + Math.exp(pair.margin));
  const gradient = pair.weight * doubt;
  const hessian = gradient * (1 - doubt);
  gradients[better] = float64At(gradients, better) - gradient;
  gradients[worse] = float64At(gradients, worse) + gradient;
  hessians[better] = float64At(hessians, better) + hessian;
  hessians[worse] = float64At(hessians, worse) + hessian;
}

function membersOf(groups: Int32Array): Iterable<readonly number[]> {
  const members = new Map<number, number[]>();
  for (const [sample, group] of groups.entries()) {
    const list = members.get(group);
    if (list === undefined) members.set(group, [sample]);
    else list.push(sample);
  }
  return members.values();
}
