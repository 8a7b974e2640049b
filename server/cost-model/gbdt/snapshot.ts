/** @file Models as JSON. A model that was read back predicts the same, bit by bit. */
import { z } from 'zod';
import { InputError } from '../../../shared/support/errors.js';
import type { Gbdt } from './predict.js';
import { LEAF } from './tree.js';

const NodesSchema = z.strictObject({
  features: z.array(z.int().min(LEAF)).min(1),
  values: z.array(z.number()),
  lefts: z.array(z.int().nonnegative()),
});

export const GbdtSnapshotSchema = z
  .strictObject({
    version: z.literal(1),
    width: z.int().nonnegative(),
    trees: z.array(NodesSchema.refine(isTree, 'the nodes do not make a tree')),
    gains: z.array(z.number().nonnegative()),
  })
  .refine(({ width, gains }) => gains.length === width, 'there is not one gain per feature')
  .refine(
    ({ width, trees }) => trees.every(({ features }) => features.every((feature) => feature < width)),
    'a tree splits by a feature that rows do not have',
  );

export type GbdtSnapshot = z.infer<typeof GbdtSnapshotSchema>;

/** Whether children come after their parent and each node but the root has one: then every way down ends in a leaf. */
function isTree({ features, values, lefts }: z.infer<typeof NodesSchema>): boolean {
  if (values.length !== features.length || lefts.length !== features.length) return false;
  const children = new Set<number>();
  for (const [node, left] of lefts.entries()) {
    if (features[node] === LEAF) {
      if (left !== 0) return false;
    } else {
      if (left <= node || left + 1 >= features.length) return false;
      if (children.has(left) || children.has(left + 1)) return false;
      children.add(left).add(left + 1);
    }
  }
  return children.size === features.length - 1;
}

export function toJson({ width, trees, gains }: Gbdt): GbdtSnapshot {
  return {
    version: 1,
    width,
    trees: trees.map(({ features, values, lefts }) => ({
      features: [...features],
      values: [...values],
      lefts: [...lefts],
    })),
    gains: [...gains],
  };
}

/** @throws InputError `MODEL_SNAPSHOT_INVALID` for what `toJson` cannot have written */
export function fromJson(json: unknown): Gbdt {
  const parsed = GbdtSnapshotSchema.safeParse(json);
  if (!parsed.success) {
    throw new InputError('MODEL_SNAPSHOT_INVALID', `not a model: ${z.prettifyError(parsed.error)}`);
  }
  const { width, trees, gains } = parsed.data;
  return {
    width,
    trees: trees.map(({ features, values, lefts }) => ({
      features: Int32Array.from(features),
      values: Float64Array.from(values),
      lefts: Int32Array.from(lefts),
    })),
    gains: Float64Array.from(gains),
  };
}
