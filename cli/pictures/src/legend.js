// The row below a map that says what its marks mean; items wrap where the map is narrow.
import { px, s } from './dom.js';
import { textWidth } from './text.js';

const SIZE = 11;
const PAD = 12;
const BETWEEN = 15;
const TEXT_GAP = 7;
const ROW_GAP = 8;

/**
 * items: [{width, height, draw(x, y): elements with the middle of the left edge at (x, y), text}].
 * Returns {height, draw(top): group}.
 */
export function legend(items, width) {
  const rows = [];
  for (const item of items) {
    const wide = item.width + TEXT_GAP + textWidth(item.text, SIZE);
    const row = rows.at(-1);
    if (row && row.width + BETWEEN + wide <= width - 2 * PAD) {
      row.items.push({ item, x: row.width + BETWEEN });
      row.width += BETWEEN + wide;
      row.height = Math.max(row.height, item.height);
    } else {
      rows.push({ items: [{ item, x: 0 }], width: wide, height: item.height });
    }
  }
  const height = rows.reduce((all, row) => all + row.height + ROW_GAP, ROW_GAP);
  return {
    height,
    draw(top) {
      let y = top + ROW_GAP;
      const drawn = rows.map((row) => {
        const middle = y + row.height / 2;
        y += row.height + ROW_GAP;
        return row.items.map(({ item, x }) => [
          item.draw(PAD + x, middle),
          s('text', { x: px(PAD + x + item.width + TEXT_GAP), y: px(middle + SIZE / 3) }, item.text),
        ]);
      });
      return s('g', { class: 'legend' },
        s('rect', { class: 'legend-back', x: 0, y: px(top), width, height: px(height) }), drawn);
    },
  };
}

/** A box of a class or of a pattern, as an item. */
export const swatch = (attributes, text) => ({
  width: 22, height: 14, text,
  draw: (x, y) => s('rect', { x: px(x), y: px(y - 7), width: 22, height: 14, ...attributes }),
});
