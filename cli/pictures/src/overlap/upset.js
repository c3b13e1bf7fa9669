// An UpSet chart, read from top to bottom: the lists, each with a line down to its column of dots, then one row per
// combination with a bar. Names stay horizontal and lines never cross, because lists are named in the order of
// their columns. All bars begin at one place and share one scale.
import { isolated } from '../bidi.js';
import { px, s, uniqueId } from '../dom.js';
import { hatch } from '../bars.js';
import { fitting } from '../fitting.js';

const COLUMN = 22;
const DOT = 6.5;
const ROW = 24;
const LIST = { plain: 20, counted: 29 };
const MARGIN = 14;
const NUMBER_WIDTH = 92;
const NAME_SIZE = 13;

const bar = (x, y, width, height, name) =>
  s('rect', { class: name, x: px(x), y, width: px(Math.max(0, width)), height });

/** Where things lie: x of a list's dots, of the bars, and of a count. */
function layoutOf(lists, top, width) {
  const start = MARGIN + (lists.length - 1) * COLUMN + DOT + 16;
  const perCount = Math.max(40, width - start - NUMBER_WIDTH) / Math.max(1, top);
  return { start, dots: (i) => MARGIN + i * COLUMN, x: (count) => start + count * perCount };
}

function drawList({ name, total }, i, at, layout, { bottom, height, number, width }) {
  const shown = fitting(name, NAME_SIZE, width - layout.start - NUMBER_WIDTH / 2);
  const level = at + height / 2;
  return s('g', null,
    s('path', { class: 'upset-leader', d: `M${layout.start - 5},${level}H${layout.dots(i)}V${bottom}` }),
    s('text', { class: 'upset-name', x: layout.start, y: at + (total === null ? height / 2 + 4 : 15) },
      isolated(shown), shown !== name && s('title', null, name),
      total !== null && s('tspan', { class: 'upset-number', dx: 8 }, number(total))),
    total !== null && bar(layout.start, at + 20, layout.x(total) - layout.start, 4, 'upset-total'));
}

function drawDots(members, lists, y, layout) {
  const [first, last] = [members[0], members[members.length - 1]];
  return [
    lists.map((_, i) => s('circle', { class: members.includes(i) ? 'upset-on' : 'upset-off', cx: layout.dots(i), cy: y, r: DOT })),
    first !== last && s('path', { class: 'upset-join', d: `M${layout.dots(first)},${y}H${layout.dots(last)}` }),
  ];
}

function drawCount(row, y, layout, { pattern, countText }) {
  const [low, high] = [layout.x(row.low), layout.x(row.high)];
  const text = s('text', { class: 'upset-number', x: px(high + 7), y: y + 4 }, countText(row));
  if (row.value === null) {
    const box = bar(layout.start, y - 6, high - layout.start, 12, 'hatched');
    box.setAttribute('fill', `url(#${pattern})`);
    return [box, text];
  }
  return [
    bar(layout.start, y - 6, layout.x(row.value) - layout.start, 12, 'count'),
    row.high > row.low &&
      s('path', { class: 'whisker', d: `M${px(low)},${y}H${px(high)}M${px(low)},${y - 4}v8M${px(high)},${y - 4}v8` }),
    text,
  ];
}

/**
 * The picture. lists: [{name, total or null}]; rows: [{members: [numbers of lists, ascending], value, low, high}];
 * countText(row) is what stands at the end of its bar.
 */
export function drawUpset({ lists, rows, width, number, countText, title, description }) {
  const top = Math.max(1, ...rows.map((row) => row.high), ...lists.map((list) => list.total ?? 0));
  const layout = layoutOf(lists, top, width);
  const height = lists.some((list) => list.total !== null) ? LIST.counted : LIST.plain;
  const begin = lists.length * height + 10;
  const pattern = uniqueId('hatch');
  const [titleId, descriptionId] = [uniqueId('title'), uniqueId('description')];
  const around = { bottom: begin + 4, height, number, width, pattern, countText };
  return s('svg', {
    viewBox: `0 0 ${px(width)} ${begin + rows.length * ROW + 8}`, role: 'img', 'aria-labelledby': `${titleId} ${descriptionId}`,
  },
  s('title', { id: titleId }, title), s('desc', { id: descriptionId }, description), s('defs', null, hatch(pattern)),
  rows.map((_, i) => i % 2 === 0 && bar(0, begin + i * ROW, width, ROW, 'upset-stripe')),
  lists.map((list, i) => drawList(list, i, i * height, layout, around)),
  rows.map((row, i) => {
    const y = begin + i * ROW + ROW / 2;
    return s('g', null, drawDots(row.members, lists, y, layout), drawCount(row, y, layout, around));
  }));
}
