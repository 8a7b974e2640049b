/**
 * @file How fast the cost model learns and predicts: `npx tsx bench/gbdt.ts [--json]`. One thread, synthetic data of the
 * sizes that a search has, in two kinds: `discrete` features take few values, as loop extents do, and many are constant;
 * `continuous` ones differ in every row, the worst case for histograms.
 */
import { packRows, type Dataset } from '../server/cost-model/gbdt/dataset.js';
import { fitGbdt } from '../server/cost-model/gbdt/fit.js';
import { pairwiseRank, weightedSquaredError, type Objective } from '../server/cost-model/gbdt/objectives.js';
import { predictGbdt } from '../server/cost-model/gbdt/predict.js';
import { createRng, type Rng } from '../shared/support/rng.js';
import { median } from '../shared/support/statistics.js';

const WIDTH = 164;
const REPEATS = 5;
const PREDICTED_SAMPLES = 2000;

/** Larger is narrower: makes the typical label about a third. */
const SPREAD = { discrete: 20, continuous: 3 };

type Kind = 'discrete' | 'continuous';

const CASES: readonly { kind: Kind; samples: number; rows: number; objective: string }[] = [
  { kind: 'discrete', samples: 64, rows: 3, objective: 'weighted' },
  { kind: 'discrete', samples: 1000, rows: 3, objective: 'weighted' },
  { kind: 'discrete', samples: 1000, rows: 6, objective: 'weighted' },
  { kind: 'discrete', samples: 1000, rows: 3, objective: 'rank' },
  { kind: 'continuous', samples: 1000, rows: 3, objective: 'weighted' },
  { kind: 'continuous', samples: 1000, rows: 3, objective: 'rank' },
];

const OBJECTIVES: Readonly<Record<string, Objective>> = {
  weighted: weightedSquaredError,
  rank: pairwiseRank(),
};

/** A third of the discrete features is constant, the others take 2 to 25 values. */
function drawFeature(kind: Kind, feature: number, rng: Rng): number {
  if (kind === 'continuous') return rng.nextFloat();
  return feature % 3 === 0 ? 1 : Math.log2(1 + rng.nextInt(2 + (feature % 24)));
}

/** Labels in (0, 1] that depend on ten features, by themselves and in pairs, and on noise. */
function synthesize(kind: Kind, sampleCount: number, rowsPerSample: number, rng: Rng): Dataset {
  const labels = new Float64Array(sampleCount);
  const samples = Array.from({ length: sampleCount }, (_, sample) => {
    const rows = Float32Array.from({ length: rowsPerSample * WIDTH }, (__, i) =>
      drawFeature(kind, i % WIDTH, rng),
    );
    let cost = rng.nextFloat();
    for (let i = 1; i < 20; i += 4) cost += (rows[i] ?? 0) + (rows[i] ?? 0) * (rows[i + 1] ?? 0);
    labels[sample] = 2 ** (-cost / SPREAD[kind]);
    return { rows, count: rowsPerSample, width: WIDTH };
  });
  const best = labels.reduce((high, label) => Math.max(high, label), 0);
  return {
    features: packRows(samples, WIDTH),
    labels: labels.map((label) => label / best),
    groups: new Int32Array(sampleCount),
  };
}

/** Median seconds of some runs, after one that is not counted. */
function secondsOf(run: () => void): number {
  run();
  const seconds = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1e3;
  });
  return median(seconds);
}

const results = CASES.map(({ kind, samples, rows, objective }) => {
  const rng = createRng(0);
  const dataset = synthesize(kind, samples, rows, rng.fork('train'));
  const asked = synthesize(kind, PREDICTED_SAMPLES, rows, rng.fork('asked')).features;
  const fit = (): ReturnType<typeof fitGbdt> => {
    const chosen = OBJECTIVES[objective];
    return fitGbdt(dataset, chosen === undefined ? {} : { objective: chosen }, rng.fork('fit'));
  };
  const model = fit();
  const nodes = model.trees.reduce((sum, { features }) => sum + features.length, 0);
  return {
    data: `${kind}, ${samples} samples x ${rows} rows`,
    objective,
    trees: model.trees.length,
    nodes,
    fitSeconds: secondsOf(fit),
    predictedRowsPerSecond: asked.packs.length / secondsOf(() => void predictGbdt(model, asked)),
  };
});

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(results));
} else {
  console.log(`${'data'.padEnd(36)} objective  trees  nodes    fit     predict`);
  for (const { data, objective, trees, nodes, fitSeconds, predictedRowsPerSecond } of results) {
    const fit = `${(fitSeconds * 1e3).toFixed(0)} ms`.padStart(8);
    const rate = `${(predictedRowsPerSecond / 1e3).toFixed(0)} krows/s`.padStart(14);
    const counts = `${String(trees).padStart(5)} ${String(nodes).padStart(6)}`;
    console.log(`${data.padEnd(36)} ${objective.padEnd(9)} ${counts} ${fit}${rate}`);
  }
}
