// The small multiples of trends: per panel one line with its band, dots, and hatch where nothing is shown.
// Each is one path, so that sixty panels of two hundred periods remain a few hundred marks.
import { px, s, uniqueId } from '../dom.js';
import { steps } from '../axis.js';
import { hatch } from '../bars.js';
import { fitting } from '../fitting.js';
import { runsOf, topOf, yearMarks } from './view.js';

const PANEL = { width: 250, height: 168, top: 46, bottom: 22, left: 40, right: 17 };
const WHOLE_HEIGHT = 200;
const YEAR_WIDTH = 46;
const TITLE_SIZE = 14; // a little more than it is drawn in, because it is bold

/** How many of n panels lie side by side in this width, so that all rows are about equally full. */
function columnsIn(width, n) {
  const rows = Math.ceil(n / Math.max(1, Math.floor(width / PANEL.width)));
  return Math.ceil(n / rows);
}

const points = (rows, scale, from, to, of) => {
  const list = [];
  for (let i = from; i <= to; i += 1) list.push(`${px(scale.x(i))},${px(scale.y(of(rows[i])))}`);
  return list;
};

/** One run that is shown, to and fro: along its upper bounds and back along its lower ones. */
function band(rows, scale, { first, last }) {
  const upper = points(rows, scale, first, last, (row) => row.high);
  const lower = points(rows, scale, first, last, (row) => row.low).reverse();
  return `M${[...upper, ...lower].join('L')}Z`;
}

/** A single period has no width: its interval is a stroke. */
const stroke = (row, x, scale) => `M${px(x)},${px(scale.y(row.low))}V${px(scale.y(row.high))}`;

function hatched(run, scale, half, threshold) {
  const from = px(Math.max(scale.left, scale.x(run.first) - half));
  const to = px(Math.min(scale.right, scale.x(run.last) + half));
  return `M${from},${px(scale.y(0))}H${to}V${px(scale.y(threshold - 1))}H${from}Z`;
}

function marks(panel, scale, pattern) {
  const { rows, level } = panel;
  const half = rows.length > 1 ? (scale.x(1) - scale.x(0)) / 2 : (scale.right - scale.left) / 2;
  const paths = { hatch: '', band: '', whisker: '', line: '', dots: '', alone: '' };
  for (const run of runsOf(rows)) {
    if (!run.shown) {
      paths.hatch += hatched(run, scale, half, level.threshold);
    } else if (run.first === run.last) {
      const x = scale.x(run.first);
      paths.whisker += stroke(rows[run.first], x, scale);
      paths.alone += `M${px(x)},${px(scale.y(rows[run.first].value))}h0`;
    } else {
      const line = points(rows, scale, run.first, run.last, (row) => row.value);
      paths.band += band(rows, scale, run);
      paths.line += `M${line.join('L')}`;
      paths.dots += line.map((at) => `M${at}h0`).join('');
    }
  }
  return [
    paths.hatch && s('path', { class: 'trend-hatch', fill: `url(#${pattern})`, d: paths.hatch }),
    paths.band && s('path', { class: 'trend-band', d: paths.band }),
    paths.whisker && s('path', { class: 'trend-whisker', d: paths.whisker }),
    paths.line && s('path', { class: 'trend-line', d: paths.line }),
    paths.dots && s('path', { class: 'trend-dots', d: paths.dots }),
    paths.alone && s('path', { class: 'trend-alone', d: paths.alone }),
  ];
}

/** box: {x, y, width, height} of a panel with its title and axes. */
function scaleOf(box, periods, top) {
  const left = box.x + PANEL.left;
  const right = box.x + box.width - PANEL.right;
  const bottom = box.y + box.height - PANEL.bottom;
  const room = box.height - PANEL.bottom - PANEL.top;
  return {
    left,
    right,
    bottom,
    top: box.y + PANEL.top,
    x: (i) => (periods > 1 ? left + (i / (periods - 1)) * (right - left) : (left + right) / 2),
    y: (value) => bottom - (value / top) * room,
  };
}

function axes(scale, top, time, number) {
  const room = Math.max(1, Math.floor((scale.right - scale.left) / YEAR_WIDTH));
  return [
    steps(top, 4).map((value) => [
      s('line', { class: 'grid-line', x1: scale.left, x2: scale.right, y1: px(scale.y(value)), y2: px(scale.y(value)) }),
      s('text', { class: 'axis', x: scale.left - 5, y: px(scale.y(value) + 3.5), 'text-anchor': 'end' }, number(value)),
    ]),
    yearMarks(time.codes, room).map(({ at, text }) => [
      s('line', { class: 'axis-tick', x1: px(scale.x(at)), x2: px(scale.x(at)), y1: scale.bottom, y2: scale.bottom + 4 }),
      s('text', { class: 'axis', x: px(scale.x(at)), y: scale.bottom + 15, 'text-anchor': 'middle' }, text),
    ]),
  ];
}

function drawPanel(panel, box, top, { time, number, pattern }) {
  const scale = scaleOf(box, time.codes.length, top);
  const title = fitting(panel.label, TITLE_SIZE, box.width - 8);
  const reading = s('text', { class: 'trend-reading', x: box.x + 4, y: box.y + 31 });
  const cursor = s('path', { class: 'trend-cursor', d: '' });
  const group = s('g', null,
    s('text', { class: 'panel-title', x: box.x + 4, y: box.y + 15 }, title, title !== panel.label && s('title', {}, panel.label)),
    reading, axes(scale, top, time, number), marks(panel, scale, pattern), cursor);
  return {
    group,
    mark(at, text) {
      cursor.setAttribute('d', at === null ? '' : `M${px(scale.x(at))},${scale.top - 4}V${scale.bottom}`);
      reading.textContent = at === null ? '' : text;
    },
  };
}

/**
 * {svg, mark}: the picture, and what shows one period in all panels: mark(at, [text per panel]), mark(null).
 * whole is a panel or null and has a scale of its own; the panels share one, or have each its own.
 */
export function drawTrends({ whole, panels, time, width, ownScales, number, title, description }) {
  const columns = columnsIn(width, panels.length);
  const each = width / columns;
  const above = whole ? WHOLE_HEIGHT : 0;
  const height = above + Math.ceil(panels.length / columns) * PANEL.height;
  const pattern = uniqueId('hatch');
  const around = { time, number, pattern };
  const common = topOf(panels);
  const drawn = [
    ...(whole ? [drawPanel(whole, { x: 0, y: 0, width, height: WHOLE_HEIGHT }, topOf([whole]), around)] : []),
    ...panels.map((panel, i) => {
      const x = (i % columns) * each;
      const y = above + Math.floor(i / columns) * PANEL.height;
      const box = { x, y, width: each, height: PANEL.height };
      return drawPanel(panel, box, ownScales ? topOf([panel]) : common, around);
    }),
  ];
  const [titleId, descriptionId] = [uniqueId('title'), uniqueId('description')];
  const svg = s('svg', { viewBox: `0 0 ${px(width)} ${height}`, role: 'img', 'aria-labelledby': `${titleId} ${descriptionId}` },
    s('title', { id: titleId }, title), s('desc', { id: descriptionId }, description), s('defs', null, hatch(pattern)),
    drawn.map((panel) => panel.group));
  return { svg, mark: (at, texts) => drawn.forEach((panel, i) => panel.mark(at, at === null ? '' : texts[i])) };
}
