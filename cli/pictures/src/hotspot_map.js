// Counts as circles on a map: the area is the count, solid to the lower end of the interval, pale to the upper.
import { hatch, saidOf, shortCount } from './bars.js';
import { isolated } from './bidi.js';
import { px, s, uniqueId } from './dom.js';
import { around, placeLabels } from './labels.js';
import { legend, swatch } from './legend.js';
import { makeMap } from './map.js';
import { canvasLayer, MOST_ELEMENTS } from './canvas_layer.js';

const LARGEST_RADIUS = 0.045; // of the width
const LEAST_RADIUS = 1.5;
const MOST_LABELS = 150;
const MOST_KEPT_FREE = 300; // circles that no label may cover
const LABEL_SHARE = 0.7; // of a circle that labels keep off
const COUNTRIES = ['country', 'origin', 'transit', 'destination'];
const NEAR = 12;

function circlesOf(rows, map, width) {
  const released = rows.filter((row) => row.value !== null && row.point);
  const most = Math.max(1, ...released.map((row) => row.high));
  const factor = (width * LARGEST_RADIUS) / Math.sqrt(most);
  const radius = (count) => (count > 0 ? Math.max(LEAST_RADIUS, factor * Math.sqrt(count)) : 0);
  const circles = released.map((row) => ({ row, at: map.at(row.point) })).filter((circle) => map.inside(circle.at))
    .map(({ row, at }) => ({ row, x: at[0], y: at[1], inner: radius(row.low), outer: radius(row.high) }));
  // The small ones are drawn last, or the large ones would hide them.
  return { circles: circles.sort((a, b) => b.outer - a.outer), radius, most };
}

const rings = ({ x, y, inner, outer }) => [
  s('circle', { class: 'upper', cx: x, cy: y, r: px(outer) }),
  inner > 0 && s('circle', { class: 'lower', cx: x, cy: y, r: px(inner) }),
];

function drawElements(circles, { chosen, choose, describe }) {
  return s('g', { class: 'circles' }, circles.map((circle) =>
    s('g', { class: circle.row.key === chosen ? 'circle chosen' : 'circle', 'data-key': circle.row.key,
      onclick: choose && (() => choose(circle.row)) },
    s('title', null, describe(circle.row)), rings(circle))));
}

/** The same circles on a canvas. */
function drawCanvas(circles, width, height, { chosen, choose }) {
  const paint = (context, colour) => {
    const disc = (x, y, r, alpha) => {
      context.globalAlpha = alpha;
      context.beginPath();
      context.arc(x, y, r, 0, 2 * Math.PI);
      context.fill();
    };
    for (const { row, x, y, inner, outer } of circles) {
      context.fillStyle = colour(row.key === chosen ? '--fore' : '--mark');
      disc(x, y, outer, 0.28);
      disc(x, y, inner, 0.78);
    }
  };
  return canvasLayer(width, height, paint, (_, x, y) => {
    const away = (circle) => Math.hypot(circle.x - x, circle.y - y);
    const near = circles.filter((circle) => away(circle) <= Math.max(NEAR, circle.outer));
    if (near.length > 0) choose(near.reduce((best, circle) => (away(circle) < away(best) ? circle : best)).row);
  });
}

// Three round sizes that occur: 2,000, 500, 80.
function keySizes(most, threshold) {
  const round = (count) => Number(count.toPrecision(1));
  const sizes = [most, most / 4, most / 25].map(round).map((count) => Math.max(count, threshold));
  return [...new Set(sizes)].reverse();
}

function legendItems({ radius, most }, { level, words, hatchId, byCountry }) {
  const sizes = keySizes(most, level.threshold).map((count) => {
    const r = radius(count);
    return { width: 2 * r, height: 2 * r, text: words.number(count),
      draw: (x, y) => s('circle', { class: 'key', cx: px(x + r), cy: px(y), r: px(r) }) };
  });
  const ring = { width: 24, height: 24, text: words('hotspots.key.ring', { half: level.halfWidth }),
    draw: (x, y) => rings({ x: px(x + 12), y: px(y), inner: 8, outer: 12 }) };
  if (!byCountry) return [...sizes, ring];
  return [...sizes, ring,
    swatch({ class: 'land released swatch' }, words('hotspots.key.released')),
    swatch({ class: 'swatch', fill: `url(#${hatchId})` }, words('hotspots.key.hidden', { threshold: level.threshold })),
    swatch({ class: 'land swatch' }, words('hotspots.key.not.asked'))];
}

/**
 * rows: {key, label, point, value, low, high}, ranked. view: {width, view, chosen, choose(row), vector}; vector
 * keeps to elements, for pictures that leave the page.
 * Returns {picture: svg, outside: how many counts are beyond the edge}.
 */
export function hotspotMap({ rows, level, dimension, title, words }, view) {
  const { width } = view;
  const hatchId = uniqueId('hatch');
  const byCountry = COUNTRIES.includes(dimension.id);
  const released = rows.filter((row) => row.value !== null && row.point);
  const placed = released.length > 0 ? released : rows.filter((row) => row.point);
  const places = placed.map((row) => ({ point: row.point, count: row.high }));
  const map = makeMap({ width, places, view: view.view });
  const { height } = map;
  const state = new Map(rows.map((row) => [row.key, row.value === null ? 'withheld' : 'released']));
  const found = circlesOf(rows, map, width);
  const useCanvas = !view.vector && found.circles.length > MOST_ELEMENTS;
  const key = legend(legendItems(found, { level, words, hatchId, byCountry }), width);

  // The largest come first.
  const named = found.circles.slice(0, MOST_LABELS).map((c) =>
    ({ text: `${isolated(c.row.label)} ${shortCount(c.row, level, words)}`, x: c.x, y: c.y, radius: c.outer }));
  const taken = found.circles.slice(0, MOST_KEPT_FREE).map((c) => around(c.x, c.y, c.outer * LABEL_SHARE));
  const describe = (row) => `${isolated(row.label)}: ${saidOf(row, level, words)}`;
  const ids = { title: uniqueId('title'), desc: uniqueId('desc') };
  const picture = s('svg', { viewBox: `0 0 ${width} ${height + Math.ceil(key.height)}`, role: 'img',
    'aria-labelledby': `${ids.title} ${ids.desc}`, class: 'map' },
  s('title', { id: ids.title }, title),
  s('desc', { id: ids.desc }, words('hotspots.description', {
    top: released.slice(0, 5).map((row) => `${isolated(row.label)} ${shortCount(row, level, words)}`).join(', ') || '–',
    hidden: rows.length - rows.filter((row) => row.value !== null).length,
    threshold: level.threshold,
  })),
  s('defs', null, hatch(hatchId)),
  // Hatched land is drawn with the pattern of this picture.
  hatched(map.land((code) => (byCountry && state.get(code)) || ''), hatchId),
  useCanvas ? drawCanvas(found.circles, width, height, view) : drawElements(found.circles, { ...view, describe }),
  s('g', { class: 'labels' }, placeLabels(named, { width, height, taken })),
  key.draw(height));
  return { picture, outside: released.length - found.circles.length };
}

function hatched(base, hatchId) {
  for (const land of base.querySelectorAll('.withheld')) land.setAttribute('fill', `url(#${hatchId})`);
  return base;
}
