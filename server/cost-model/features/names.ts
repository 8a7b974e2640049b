/**
 * @file The layout of a feature vector: which number stands where. Names and order are those of TVM's PerStoreFeature.
 *
 * | group                 | numbers               |
 * | --------------------- | --------------------- |
 * | arithmetic            | 16                    |
 * | vectorize             | 11                    |
 * | unroll                | 11                    |
 * | parallel              | 11                    |
 * | threads of a GPU      | 8                     |
 * | buffers               | 18 for each of 5      |
 * | arithmetic intensity  | 10                    |
 * | allocation            | 4                     |
 * | loops                 | 3                     |
 *
 * All but the flags are `slog` of what they count.
 */
import { THREAD_TAGS } from '../../../shared/schedule/primitives/for-kind.js';

export interface FeatureOptions {
  /** Bytes of a cache line; 64. */
  readonly cacheLineBytes?: number;
  /** Buffers that a row describes, those with most cache lines first; 5. */
  readonly buffersPerStore?: number;
  /** Points of the arithmetic intensity curve; 10. */
  readonly arithIntensityCurveNum?: number;
  /** Whether the program is for a GPU, so that the extents of its thread axes count; false. */
  readonly isGpu?: boolean;
}

export type FeatureSettings = Required<FeatureOptions>;

export function featureSettings(options: FeatureOptions = {}): FeatureSettings {
  return {
    cacheLineBytes: options.cacheLineBytes ?? 64,
    buffersPerStore: options.buffersPerStore ?? 5,
    arithIntensityCurveNum: options.arithIntensityCurveNum ?? 10,
    isGpu: options.isGpu ?? false,
  };
}

/** `log2(|x| + 1)`: brings counts of all magnitudes to one scale. */
export function slog(x: number): number {
  return Math.log2(Math.abs(x) + 1);
}

const ARITHMETIC = [
  ...['mad', 'addsub', 'mul', 'divmod', 'cmp', 'mathfunc', 'otherfunc'].map((name) => `float_${name}`),
  ...['mad', 'addsub', 'mul', 'divmod', 'cmp', 'mathfunc', 'otherfunc'].map((name) => `int_${name}`),
  'bool_op',
  'select_op',
];

const POSITIONS = [
  'kPosNone',
  'kPosInnerSpatial',
  'kPosMiddleSpatial',
  'kPosOuterSpatial',
  'kPosInnerReduce',
  'kPosMiddleReduce',
  'kPosOuterReduce',
  'kPosMixed',
];

const LOOP_ANNOTATIONS = ['vec', 'unroll', 'parallel'].flatMap((kind) => [
  ...['num', 'prod', 'len'].map((name) => `${kind}_${name}`),
  ...POSITIONS.map((name) => `${kind}_type.${name}`),
]);

/** The axes that loops of a GPU are bound to; all virtual threads count as one. */
export const THREAD_AXES: readonly string[] = [
  ...new Set(THREAD_TAGS.map((tag) => (tag.startsWith('vthread') ? 'vthread' : tag))),
];

const THREADS = ['is_gpu', ...THREAD_AXES.map((axis) => `${axis.replace('.', '_')}_len`)];

const BUFFER = [
  'acc_type.kRead',
  'acc_type.kWrite',
  'acc_type.kReadWrite',
  'bytes',
  'unique_bytes',
  'lines',
  'unique_lines',
  'reuse_type.kLoopMultipleRead',
  'reuse_type.kSerialMultipleReadWrite',
  'reuse_type.kNoReuse',
  'reuse_dis_iter',
  'reuse_dis_bytes',
  'reuse_ct',
  'bytes_d_reuse_ct',
  'unique_bytes_d_reuse_ct',
  'lines_d_reuse_ct',
  'unique_lines_d_reuse_ct',
  'stride',
];

const ALLOCATION = ['alloc_size', 'alloc_prod', 'alloc_outer_prod', 'alloc_inner_prod'];
const LOOPS = ['outer_prod', 'num_loops', 'auto_unroll_max_step'];

/** Numbers per buffer. */
export const BUFFER_FEATURES = BUFFER.length;

/** Where each group begins. */
export interface FeatureLayout {
  readonly arithmetic: number;
  readonly annotations: number;
  readonly threads: number;
  readonly buffers: number;
  readonly intensity: number;
  readonly allocation: number;
  readonly loops: number;
  /** Numbers in a row. */
  readonly width: number;
}

export function featureLayout({ buffersPerStore, arithIntensityCurveNum }: FeatureSettings): FeatureLayout {
  const annotations = ARITHMETIC.length;
  const threads = annotations + LOOP_ANNOTATIONS.length;
  const buffers = threads + THREADS.length;
  const intensity = buffers + BUFFER_FEATURES * buffersPerStore;
  const allocation = intensity + arithIntensityCurveNum;
  const loops = allocation + ALLOCATION.length;
  const width = loops + LOOPS.length;
  return { arithmetic: 0, annotations, threads, buffers, intensity, allocation, loops, width };
}

function numbered(count: number, names: (i: number) => readonly string[]): string[] {
  return Array.from({ length: count }, (_, i) => names(i)).flat();
}

/** The name of each number of a row, in order. */
export function featureNames(options: FeatureOptions = {}): readonly string[] {
  const { buffersPerStore, arithIntensityCurveNum } = featureSettings(options);
  return [
    ...ARITHMETIC,
    ...LOOP_ANNOTATIONS,
    ...THREADS,
    ...numbered(buffersPerStore, (i) => BUFFER.map((name) => `B${i}.${name}`)),
    ...numbered(arithIntensityCurveNum, (i) => [`arith_intensity_curve_${i}`]),
    ...ALLOCATION,
    ...LOOPS,
  ];
}

/** The 164 names of a row under the default options. */
export const FEATURE_NAMES: readonly string[] = featureNames();
