/** @file How well a model's scores agreed with what was measured afterwards. */
import { at, invariant } from '../../shared/support/errors.js';

export interface ModelQuality {
  /** Programs that were predicted, then measured. */
  readonly count: number;
  /** Root of the mean squared error of pairwise comparisons: 0 when all are right, 1 when all are wrong. */
  readonly pRmse: number;
  /** Spearman's: 1 when the order was right, 0 when it was chance; null when all scores or all times are equal. */
  readonly rankCorrelation: number | null;
  /** Of the fastest tenth (at least one), the part that was among the best tenth by score. */
  readonly topRecall: number;
}

/** @param predicted scores, higher is faster. @param latencies times, lower is faster, as many */
export function modelQuality(
  predicted: readonly number[],
  latencies: readonly number[],
): ModelQuality | null {
  invariant(predicted.length === latencies.length, 'every program has a score and a time');
  if (predicted.length < 2) return null;
  const speeds = latencies.map((latency) => 1 / latency);
  return {
    count: predicted.length,
    pRmse: pairwiseError(predicted, speeds),
    rankCorrelation: correlation(ranksOf(predicted), ranksOf(speeds)),
    topRecall: recallOfTop(predicted, speeds),
  };
}

function pairwiseError(predicted: readonly number[], speeds: readonly number[]): number {
  let [wrong, pairs] = [0, 0];
  for (let i = 0; i < speeds.length; i++) {
    for (let j = 0; j < i; j++) {
      const truth = Math.sign(at(speeds, i) - at(speeds, j));
      if (truth === 0) continue;
      pairs++;
      // A tie of scores is half a mistake.
      const miss = (truth - Math.sign(at(predicted, i) - at(predicted, j))) / 2;
      wrong += miss * miss;
    }
  }
  return pairs === 0 ? 0 : Math.sqrt(wrong / pairs);
}

/** Ranks from 0, equal values sharing the mean of theirs. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).toSorted((a, b) => at(values, a) - at(values, b));
  const ranks = values.map(() => 0);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && at(values, at(order, end)) === at(values, at(order, start))) end++;
    for (let i = start; i < end; i++) ranks[at(order, i)] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

/** Pearson's; null when one of the lists does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number | null {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [covariance, varianceA, varianceB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [at(a, i) - meanA, at(b, i) - meanB];
    covariance += da * db;
    varianceA += da * da;
    varianceB += db * db;
  }
  return varianceA === 0 || varianceB === 0 ? null : covariance / Math.sqrt(varianceA * varianceB);
}

function recallOfTop(predicted: readonly number[], speeds: readonly number[]): number {
  const count = Math.max(1, Math.round(speeds.length / 10));
  const top = (values: readonly number[]): number[] =>
    values
      .map((_, i) => i)
      .toSorted((a, b) => at(values, b) - at(values, a))
      .slice(0, count);
  const chosen = new Set(top(predicted));
  return top(speeds).filter((i) => chosen.has(i)).length / count;
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length;
}
