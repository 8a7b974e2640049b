/** @file Cost models on the wire: what a search has learned. */
import { z } from 'zod';

/** Splits by no feature: a leaf. */
export const LEAF = -1;

const NodesSchema = z.strictObject({
  /** The feature that a node splits by, `LEAF` for none. */
  features: z.array(z.int().min(LEAF)).min(1),
  /** The threshold up to which a row goes left; of a leaf, its output. */
  values: z.array(z.number()),
  /** The node on the left; the one on the right follows it. */
  lefts: z.array(z.int().nonnegative()),
});

type Nodes = z.infer<typeof NodesSchema>;

/** Gradient-boosted trees. A program's score is the sum of the trees' outputs over the rows of its features. */
export const ModelSnapshotSchema = z
  .strictObject({
    version: z.literal(1),
    /** Features in a row. */
    width: z.int().nonnegative(),
    trees: z.array(NodesSchema.refine(isTree, 'the nodes do not make a tree')),
    /** What the splits by each feature have gained, in all trees. */
    gains: z.array(z.number().nonnegative()),
  })
  .refine(({ width, gains }) => gains.length === width, 'there is not one gain per feature')
  .refine(
    ({ width, trees }) => trees.every(({ features }) => features.every((feature) => feature < width)),
    'a tree splits by a feature that rows do not have',
  );

/** Whether children come after their parent and each node but the root has one: then every way down ends in a leaf. */
function isTree({ features, values, lefts }: Nodes): boolean {
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

/** The model by which the candidates of a round were judged. */
export const ModelSchema = z
  .strictObject({
    /** The latest round that had one. */
    round: z.int().nonnegative(),
    /** The features that tell programs apart, the most telling first; the gains add up to 1. */
    features: z.array(z.strictObject({ name: z.string(), gain: z.number().positive() })),
    snapshot: ModelSnapshotSchema,
  })
  .meta({ id: 'Model' });

export type ModelSnapshot = z.infer<typeof ModelSnapshotSchema>;
export type Model = z.infer<typeof ModelSchema>;
