/**
 * @file The cost model against other models, on measured programs: `npm run bench:models [-- --json]`.
 *
 * The data are random candidates of each workload of the suite, each with its time; they are measured when the data file
 * (`--data FILE`) lacks them. For every workload, seed and size n, n of its candidates are drawn; every model learns the
 * scores (best time drawn / time) of these from the same feature rows, and puts the other candidates in order:
 *
 *   Spearman   correlation of the ranks by predicted score and by speed
 *   recall     of the fastest tenth, the part that is in the best tenth by predicted score
 *
 * Figures are means over workloads and seeds with the standard error over the seeds; `ahead` is how much better the
 * product's model did on the same draws. Times to fit and to predict are ratios to the product's, features given.
 *
 * The GBDTs differ in their objective alone. A GBDT adds up what it says of a program's rows. A random forest needs one
 * vector for a program: `sum` and `max` are the sum and the maximum of each feature over the rows.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createGbdtModel, gbdtModel } from '../server/cost-model/gbdt-model.js';
import { squaredError, weightedSquaredError } from '../server/cost-model/gbdt/objectives.js';
import { SUITE } from './measured-search.js';
import { forestModel, loadForest } from './model-comparison/forest.js';
import {
  compareOn,
  MIN_TESTED,
  summarize,
  type Contender,
  type Estimate,
} from './model-comparison/protocol.js';
import { openSamples } from './model-comparison/samples.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    data: { type: 'string', default: 'data/model-comparison.json' },
    /** Of each workload, where its space has as many. */
    candidates: { type: 'string', default: '200' },
    sizes: { type: 'string', default: '64 128' },
    seeds: { type: 'string', default: '5' },
    suite: { type: 'string' },
    out: { type: 'string' },
  },
});

function text({ mean, error }: Estimate): string {
  return `${mean.toFixed(3)} ± ${error.toFixed(3)}`.padStart(15);
}

const Forest = await loadForest();
const contenders: readonly Contender[] = [
  { name: 'GBDT, pairwise rank (product)', model: gbdtModel },
  { name: 'GBDT, weighted squared error', model: createGbdtModel({ objective: weightedSquaredError }) },
  { name: 'GBDT, squared error', model: createGbdtModel({ objective: squaredError }) },
  { name: 'random forest, sum', model: forestModel(Forest, 'sum') },
  { name: 'random forest, max', model: forestModel(Forest, 'max') },
];

const samples = await openSamples(values.data, values.suite?.split(' ') ?? SUITE, Number(values.candidates));
const draws = values.sizes
  .split(' ')
  .flatMap((size) =>
    Array.from({ length: Number(values.seeds) }, (_, seed) => ({ trained: Number(size), seed })),
  );
const runs = [...samples].flatMap(([workload, own]) =>
  draws
    .filter(({ trained }) => own.length >= trained + MIN_TESTED)
    .map((draw) => () => compareOn(contenders, workload, own, draw)),
);
// The first run is done twice: the engine has to compile what is timed.
runs[0]?.();
const outcomes = runs.flatMap((run) => run());
const rows = summarize(outcomes);
const result = {
  samples: Object.fromEntries([...samples].map(([workload, own]) => [workload, own.length])),
  rows,
  outcomes,
};

if (!values.json) {
  console.log(
    `${'model'.padEnd(32)}   n        Spearman          ahead         recall          ahead    fit predict`,
  );
  for (const { name, trained, spearman, topRecall, firstAhead, fitRatio, predictRatio } of rows) {
    console.log(
      [
        name.padEnd(32),
        String(trained).padStart(3),
        text(spearman),
        text(firstAhead.spearman),
        text(topRecall),
        text(firstAhead.topRecall),
        `${fitRatio.toFixed(2)}x`.padStart(7),
        `${predictRatio.toFixed(2)}x`.padStart(7),
      ].join(' '),
    );
  }
}
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`);
if (values.json) console.log(JSON.stringify(result));
