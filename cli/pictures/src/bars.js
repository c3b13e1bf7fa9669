// Bars with whiskers, and how counts are written. What is not shown is a hatched box from 0 to the threshold: it is somewhere in there.
import { h, hidden, px, s } from './dom.js';
import { falseCells } from './result.js';

const HEIGHT = 16;
const PAD = 3;
const CAP = 3.5;
const LEAST = 4;

/** The pattern of what is not shown; each picture has its own, because it leaves the page alone. */
export const hatch = (id) =>
  s('pattern', { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    s('rect', { class: 'hatch-back', width: 6, height: 6 }),
    s('line', { class: 'hatch-line', x1: 0, y1: 0, x2: 0, y2: 6 }));

let shared;
// Of all bars in tables.
function sharedHatch() {
  if (!shared) {
    shared = 'hatch-of-tables';
    document.body.append(s('svg', { class: 'hidden', width: 0, height: 0, 'aria-hidden': 'true' },
      s('defs', null, hatch(shared))));
  }
  return shared;
}

/** Marks of one bar from x = 0, in the middle of 16 pixels. cell: {value, low, high}. */
export function barMarks(cell, scale, hatchId) {
  const middle = HEIGHT / 2;
  if (cell.value === null) {
    return [s('rect', { class: 'unknown', x: 0, y: PAD, width: px(Math.max(LEAST, scale(cell.high))),
      height: HEIGHT - 2 * PAD, fill: `url(#${hatchId})` })];
  }
  const [low, high] = [px(scale(cell.low)), px(scale(cell.high))];
  return [
    s('rect', { class: 'count', x: 0, y: PAD, width: px(scale(cell.value)), height: HEIGHT - 2 * PAD }),
    cell.high > cell.low && s('path', { class: 'whisker',
      d: `M${low},${middle}H${high}M${low},${middle - CAP}v${2 * CAP}M${high},${middle - CAP}v${2 * CAP}` }),
  ];
}

/** One bar for a table; greatest is the upper end of all that it is compared with. */
export function bar(cell, greatest, width = 220) {
  const scale = (count) => (greatest > 0 ? Math.min(1, count / greatest) * (width - 2) : 0);
  // It fills its column, however wide that is.
  return s('svg', { class: 'bar', viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, preserveAspectRatio: 'none',
    'aria-hidden': 'true' },
    barMarks(cell, scale, sharedHatch()));
}

/** The largest upper end; suppressed cells reach to the threshold. */
export function greatestOf(rows) {
  let greatest = 0;
  for (const row of rows) greatest = Math.max(greatest, row.high);
  return greatest;
}

/** A count for a table cell, with its interval for those who hear it. */
export function countCell(cell, level, words) {
  if (cell.value === null) {
    return h('td', { class: 'number suppressed' }, words('cell.hidden', { threshold: level.threshold }));
  }
  const interval = `${words.number(cell.low)}–${words.number(cell.high)}`;
  return h('td', { class: 'number' }, words.number(cell.value),
    cell.unsure && h('span', { class: 'unsure', title: words('cell.unsure', { interval }), 'aria-hidden': 'true' }, '?'),
    hidden(` (${cell.unsure ? words('cell.unsure', { interval }) : interval})`));
}

/** How a count is written where there is no room for more: "1,234", "13 ?", "< 13 or none". */
export function shortCount(row, level, words) {
  if (row.value === null) return words('cell.hidden', { threshold: level.threshold });
  return words.number(row.value) + (row.unsure ? ' ?' : '');
}

/** What the question marks of these rows mean, and how much of all that was asked is expected to be noise; or ''. */
export function unsureNote(rows, cells, { raw }, level, words) {
  const n = rows.filter((row) => row.unsure).length;
  if (n === 0) return '';
  return words('unsure.note', { n, half: level.halfWidth, threshold: level.threshold, cells, ghosts: falseText(raw.suppression, cells, words) });
}

/** "0.1", "2.6": rounded up, because it says "at most". */
export const falseText = (suppression, cells, words) => words.number(Math.ceil(falseCells(suppression, cells) * 10) / 10);

/** The same as a sentence for the live region. */
export function saidOf(cell, level, words) {
  if (cell.value === null) return words('cell.hidden.said', { threshold: level.threshold });
  return words(cell.unsure ? 'cell.said.unsure' : 'cell.said', cell);
}
