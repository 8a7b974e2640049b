/** @file Pages of lists. */

interface PageOptions<Row, Item> {
  /** Of the list. */
  readonly path: string;
  /** The query of this page; the next one's differs in the cursor. */
  readonly query: Readonly<Record<string, string | number | undefined>> & { readonly limit: number };
  /** Where the page after this row begins. */
  readonly cursorOf: (row: Row) => string | number;
  readonly toItem: (row: Row) => Item;
}

/** @param rows one more than fit on the page, if there are as many */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  { path, query, cursorOf, toItem }: PageOptions<Row, Item>,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, query.limit);
  const last = shown[shown.length - 1];
  const items = shown.map(toItem);
  if (rows.length <= query.limit || last === undefined) return { items, next: null };
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor: cursorOf(last) })) {
    if (value !== undefined) params.set(name, String(value));
  }
  return { items, next: `${path}?${params.toString()}` };
}
