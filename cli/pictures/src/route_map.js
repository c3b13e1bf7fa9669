// Routes as arrows, their width the count; a ring is what stayed within one place.
import { saidOf, shortCount } from './bars.js';
import { isolated } from './bidi.js';
import { alongArrow, arrowPath } from './arrows.js';
import { px, s, uniqueId } from './dom.js';
import { around, placeLabels } from './labels.js';
import { legend } from './legend.js';
import { makeMap } from './map.js';
import { canvasLayer, MOST_ELEMENTS } from './canvas_layer.js';

const THINNEST = 1.2;
const THICKEST = 11;
const RING = 5;
const STOP = 3;
const UNSURE_KEY = 4; // thickness in the legend
const HEAD_BOX = 6; // labels keep off the heads of arrows
const MOST_HEADS = 400;
const THICK = 4; // names keep off the shafts of arrows like these, too
const SHAFT_BOXES = 8;

export const isWithin = (row) => row.from === row.to;

function arrowsOf(rows, map, thickness) {
  return rows.filter((row) => !isWithin(row)).map((row) => {
    const [a, b] = [map.at(row.fromPoint), map.at(row.toPoint)];
    const seen = map.inside(a) || map.inside(b);
    return { row, a, b, d: seen && arrowPath(a, b, thickness(row.value)) };
  }).filter((arrow) => arrow.d);
}

// Every place that a route touches, with the largest count of one that does.
function stopsOf(rows, map) {
  const stops = new Map();
  for (const row of rows) {
    for (const [label, point] of [[row.fromLabel, row.fromPoint], [row.toLabel, row.toPoint]]) {
      const key = point.join();
      const at = map.at(point);
      const known = stops.get(key);
      if (map.inside(at) && (!known || known.most < row.value)) stops.set(key, { key, label, at, most: row.value });
    }
  }
  return [...stops.values()].sort((x, y) => y.most - x.most);
}

// Each place once, with the largest count of a route that touches it.
function distinct(places) {
  const found = new Map();
  for (const place of places) {
    const key = place.point.join();
    if (!found.has(key) || found.get(key).count < place.count) found.set(key, place);
  }
  return [...found.values()];
}

const stateOf = (row, chosen) => {
  if (chosen === null || chosen === undefined) return '';
  return row.key === chosen ? ' chosen' : ' dim';
};

function drawElements(arrows, { chosen, choose, describe }) {
  // The thin ones last, and the chosen one above all.
  const order = [...arrows].reverse().sort((x, y) => (x.row.key === chosen) - (y.row.key === chosen));
  return s('g', { class: 'arrows' }, order.map(({ row, d }) =>
    s('path', { class: `flow${row.unsure ? ' unsure' : ''}${stateOf(row, chosen)}`, d, 'data-key': row.key, onclick: choose && (() => choose(row)) },
      s('title', null, describe(row)))));
}

function drawCanvas(arrows, width, height, { chosen, choose }) {
  const paths = arrows.map(({ row, d }) => ({ row, path: new Path2D(d) })).reverse();
  const paint = (context, colour) => {
    context.fillStyle = colour('--flow');
    context.lineWidth = 0.5;
    for (const { row, path } of paths) {
      context.globalAlpha = stateOf(row, chosen) === ' dim' ? 0.15 : 0.8;
      context.strokeStyle = colour(row.unsure ? '--flow' : '--back');
      if (!row.unsure) context.fill(path);
      context.stroke(path);
    }
  };
  return canvasLayer(width, height, paint, (context, x, y) => {
    const hit = paths.findLast(({ path }) => context.isPointInPath(path, x, y));
    if (hit) choose(hit.row);
  });
}

function legendItems({ most, thickness, unsure }, { level, words }) {
  const counts = [...new Set([level.threshold, Math.round(most / 2), most])].filter((count) => count > 0 && count <= most);
  const arrows = counts.map((count) => ({
    width: 50, height: 26, text: words.number(count),
    draw: (x, y) => s('path', { class: 'flow', d: arrowPath([px(x), px(y)], [px(x + 50), px(y)], thickness(count), 0) }),
  }));
  const ring = { width: 18, height: 18, text: words('routes.key.within'),
    draw: (x, y) => s('circle', { class: 'within', cx: px(x + 9), cy: px(y), r: 8 }) };
  const noise = { width: 0, height: 12, text: words('routes.key.noise', { half: level.halfWidth }), draw: () => null };
  const hollow = { width: 46, height: 18, text: words('routes.key.unsure'),
    draw: (x, y) => s('path', { class: 'flow unsure', d: arrowPath([px(x), px(y)], [px(x + 46), px(y)], UNSURE_KEY, 0) }) };
  return [...arrows, ...(unsure ? [hollow] : []), ring, noise];
}

/**
 * rows: {key, from, to, fromLabel, toLabel, fromPoint, toPoint, value…}, ranked, all of them shown and located.
 * view: as of hotspotMap. Returns {picture, outside: how many routes are not seen whole}.
 */
export function routeMap({ rows, level, title, words }, view) {
  const { width } = view;
  const places = rows.flatMap((row) => [row.fromPoint, row.toPoint].map((point) => ({ point, count: row.high })));
  const map = makeMap({ width, places: distinct(places), view: view.view });
  const { height } = map;
  const most = Math.max(1, ...rows.filter((row) => !isWithin(row)).map((row) => row.value));
  const thickness = (count) => THINNEST + (THICKEST - THINNEST) * Math.min(1, count / most);
  const arrows = arrowsOf(rows, map, thickness);
  const useCanvas = !view.vector && arrows.length > MOST_ELEMENTS;
  const describe = (row) => `${row.label}: ${saidOf(row, level, words)}`;

  const rings = rows.filter(isWithin).map((row) => ({ row, at: map.at(row.fromPoint), radius: RING + thickness(row.value) / 2 }))
    .filter((ring) => map.inside(ring.at));
  const ringAt = new Map(rings.map((ring) => [ring.row.fromPoint.join(), ring]));
  const stops = stopsOf(rows, map);
  const heads = arrows.slice(0, MOST_HEADS).map(({ a, b }) => {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    return around(b[0] - ((b[0] - a[0]) / length) * 12, b[1] - ((b[1] - a[1]) / length) * 12, HEAD_BOX);
  });
  const shafts = arrows.filter(({ row }) => thickness(row.value) >= THICK).slice(0, MOST_HEADS / SHAFT_BOXES)
    .flatMap(({ a, b, row }) => alongArrow(a, b, SHAFT_BOXES).map(([x, y]) => around(x, y, thickness(row.value) / 2)));
  const marks = [...stops.map(({ at }) => around(at[0], at[1], STOP)),
    ...rings.map(({ at, radius }) => around(at[0], at[1], radius))];
  const outside = rows.filter((row) => ![row.fromPoint, row.toPoint].every((point) => map.inside(map.at(point)))).length;
  const named = stops.map(({ key, label, at }) =>
    ({ text: isolated(label), x: at[0], y: at[1], radius: ringAt.has(key) ? ringAt.get(key).radius + 2 : STOP + 1 }));
  const key = legend(legendItems({ most, thickness, unsure: rows.some((row) => row.unsure) }, { level, words }), width);
  const ids = { title: uniqueId('title'), desc: uniqueId('desc') };
  const picture = s('svg', { viewBox: `0 0 ${width} ${height + Math.ceil(key.height)}`, role: 'img',
    'aria-labelledby': `${ids.title} ${ids.desc}`, class: 'map' },
  s('title', { id: ids.title }, title),
  s('desc', { id: ids.desc }, words('routes.description',
    { top: rows.slice(0, 5).map((row) => `${row.label} ${shortCount(row, level, words)}`).join(', ') || '–' })),
  map.land(),
  useCanvas ? drawCanvas(arrows, width, height, view) : drawElements(arrows, { ...view, describe }),
  rings.map(({ row, at, radius }) =>
    s('circle', { class: `within${row.unsure ? ' unsure' : ''}${stateOf(row, view.chosen)}`, cx: at[0], cy: at[1], r: px(radius), 'data-key': row.key,
      onclick: view.choose && (() => view.choose(row)) }, s('title', null, describe(row)))),
  stops.map(({ at }) => s('circle', { class: 'stop', cx: at[0], cy: at[1], r: STOP })),
  s('g', { class: 'labels' }, placeLabels(named, { width, height, taken: [...heads, ...shafts, ...marks] })),
  key.draw(height));
  return { picture, outside };
}
