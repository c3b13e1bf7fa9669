// Names on a map: each where it hides nothing, the important ones first; what finds no room is left to the table.
import { px, s } from './dom.js';
import { textWidth } from './text.js';

const SIZE = 11.5;
const HEIGHT = 13;
const GAP = 4;
const EDGE = 2;
const DIAGONAL = 0.72;
// Right, left, above, below, then the corners: [along x, along y, anchor], in radii.
const AROUND = [
  [1, 0, 'start'], [-1, 0, 'end'], [0, -1, 'middle'], [0, 1, 'middle'],
  [DIAGONAL, -DIAGONAL, 'start'], [DIAGONAL, DIAGONAL, 'start'],
  [-DIAGONAL, -DIAGONAL, 'end'], [-DIAGONAL, DIAGONAL, 'end'],
];

const meet = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

// [left, top, right, bottom] of a text whose anchor is at x and whose middle is at y.
function boxOf(x, y, width, anchor) {
  const left = { start: x, end: x - width, middle: x - width / 2 }[anchor];
  return [left, y - HEIGHT / 2, left + width, y + HEIGHT / 2];
}

/** A box around a mark that no label may cover. */
export const around = (x, y, radius) => [x - radius, y - radius, x + radius, y + radius];

/** items: [{text, x, y, radius}], most important first; taken: boxes that stay free. Returns text elements. */
export function placeLabels(items, { width, height, taken = [] }) {
  const boxes = [...taken];
  const placed = [];
  for (const { text, x, y, radius } of items) {
    const wide = textWidth(text, SIZE) + 2;
    for (const [dx, dy, anchor] of AROUND) {
      const reach = radius + GAP;
      const [at, middle] = [x + dx * reach, y + dy * (reach + (dx === 0 ? HEIGHT / 2 - 2 : 0))];
      const box = boxOf(at, middle, wide, anchor);
      const inside = box[0] >= EDGE && box[1] >= EDGE && box[2] <= width - EDGE && box[3] <= height - EDGE;
      if (!inside || boxes.some((other) => meet(box, other))) continue;
      boxes.push(box);
      placed.push(s('text', { class: 'label', x: px(at), y: px(middle + SIZE / 3), 'text-anchor': anchor }, text));
      break;
    }
  }
  return placed;
}
