// Small tables with bars as one picture, for those who take it away; on the page they are tables.
import { barMarks, greatestOf, hatch, shortCount } from './bars.js';
import { px, s, uniqueId } from './dom.js';
import { textWidth } from './text.js';

const ROW = 18;
const HEAD = 40;
const GAP = 28;
const SIZE = 12;
const MOST_NAME = 0.45; // of a column
const MOST_COLUMNS = 3;
const MOST_ROWS = 40; // a longer list is for the CSV file

function shortened(text, width) {
  if (textWidth(text, SIZE) <= width) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`, SIZE) > width) end -= 1;
  return `${text.slice(0, end)}…`;
}

function column({ title, sub, rows, level }, { x, width, hatchId, words }) {
  const texts = rows.map((row) => shortCount(row, level, words));
  const widest = (list) => Math.max(0, ...list.map((text) => textWidth(text, SIZE)));
  const names = Math.min(width * MOST_NAME, widest(rows.map((row) => row.label)));
  const counts = widest(texts);
  const left = names + counts + 24;
  const greatest = greatestOf(rows) || 1;
  const scale = (count) => (count / greatest) * (width - left);
  return s('g', { transform: `translate(${px(x)} 0)` },
    s('text', { class: 'bars-title', y: 14 }, shortened(title, width)),
    s('text', { class: 'bars-sub', y: 30 }, shortened(sub, width)),
    rows.map((row, i) => s('g', { transform: `translate(0 ${HEAD + i * ROW})` },
      s('text', { class: 'bars-text', y: 12 }, shortened(row.label, names + 1)),
      s('text', { class: 'bars-text', x: px(names + 12 + counts), y: 12, 'text-anchor': 'end' }, texts[i]),
      s('g', { transform: `translate(${px(left)} 0)` }, barMarks(row, scale, hatchId)))));
}

/** parts: [{title, sub, rows, level}]. Returns an svg. */
export function barsPicture(parts, { words, title, width }) {
  const shown = parts.map((part) => ({ ...part, rows: part.rows.slice(0, MOST_ROWS) }));
  const columns = Math.min(shown.length, MOST_COLUMNS);
  const wide = (width - 2 * 8 - GAP * (columns - 1)) / columns;
  const hatchId = uniqueId('hatch');
  let top = 0;
  const lines = [];
  for (let i = 0; i < shown.length; i += columns) {
    const line = shown.slice(i, i + columns);
    lines.push(s('g', { transform: `translate(0 ${top})` }, line.map((part, j) =>
      column(part, { x: 8 + j * (wide + GAP), width: wide, hatchId, words }))));
    top += HEAD + ROW * Math.max(...line.map((part) => part.rows.length)) + GAP / 2;
  }
  return s('svg', { viewBox: `0 0 ${width} ${top}`, role: 'img', 'aria-label': title },
    s('defs', null, hatch(hatchId)), lines);
}
