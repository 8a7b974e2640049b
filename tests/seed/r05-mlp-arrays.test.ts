/** Row R05: the course's classifier in plain array operations, the oracle of the rows that compile it. */
import { describe, expect, it } from 'vitest';
import { at } from '../../shared/support/errors.js';
import { argmax, loadMlp, mlpReference, MLP_INPUTS } from '../support/mlp.js';

const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const data = loadMlp();

describe.skipIf(data === null)('R05 (needs the test data of TILEWRIGHT_TEST_DATA)', () => {
  if (data === null) return;
  const { weights, samples } = data;

  it.each(MLP_INPUTS)('gives the reference logits for $name', ({ x, logits }) => {
    expect(weights.w0).toHaveLength(128 * 784);
    for (const [j, value] of mlpReference(weights, x).entries()) {
      expect(Math.abs(value - at(logits, j))).toBeLessThan(1e-5);
    }
  });

  it('names the sample images', () => {
    expect(samples).toHaveLength(10);
    for (const sample of samples) {
      const logits = mlpReference(
        weights,
        Float32Array.from(sample.pixelsU8, (level) => level / 255),
      );
      expect(CLASSES[argmax(logits)]).toBe(sample.label);
      sample.referenceLogitsF64.forEach((want, j) => {
        expect(Math.abs(at(logits, j) - want)).toBeLessThan(1e-4);
      });
    }
  });
});
