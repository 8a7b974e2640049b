/** @file Lists on the wire: pages by key, so that a page stays right while rows are added. */
import { z } from 'zod';

export const MAX_PAGE_ITEMS = 500;

/** A page of `item`s. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    /** Path of the next page; null on the last one. */
    next: z.string().nullable(),
  });
}

/** The query parameters of a list. `cursor` comes from the `next` of the page before. */
export function pageQuery<C extends z.ZodType>(cursor: C) {
  return {
    limit: z.coerce.number().int().min(1).max(MAX_PAGE_ITEMS).default(50),
    cursor: cursor.optional(),
  };
}
