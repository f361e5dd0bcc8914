// A long list in sheets, so that what is settled is passed over as a whole. Borders do not move when older items come in front.
import type { Item } from "../index.ts";

const itemsOfSheet = 40;

export type Sheet = {
  readonly key: number;
  readonly items: readonly Item[];
  /** The id of the item above the first one. */
  readonly before: string | undefined;
};

/** Sheets are counted from the item that was the first when this one began to look. */
export function createSheets(): (items: readonly Item[]) => readonly Sheet[] {
  let anchor: string | undefined;
  return (items) => {
    let index = items.findIndex((item) => idOf(item) === anchor);
    if (index < 0) {
      anchor = items[0] && idOf(items[0]);
      index = 0;
    }
    const first = -Math.ceil(index / itemsOfSheet);
    const sheets: Sheet[] = [];
    for (let key = first; index + key * itemsOfSheet < items.length; key++) {
      const start = Math.max(0, index + key * itemsOfSheet);
      const end = index + (key + 1) * itemsOfSheet;
      const above = items[start - 1];
      sheets.push({ key, items: items.slice(start, end), before: above && idOf(above) });
    }
    return sheets;
  };
}

export const idOf = (item: Item): string => (item.type === "message" ? item.id : item.run);
