/** @file Random order. */
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';

/** The items in another order, all orders being equally likely (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = rng.nextInt(last + 1);
    const item = at(order, last);
    order[last] = at(order, other);
    order[other] = item;
  }
  return order;
}
