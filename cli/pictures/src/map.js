// The base map in Equal Earth (areas are true, so that a large country looks large), fitted to places or whole.
import topology from 'basemap';
import { geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import { unpackArcs } from './arcs.js';
import { px, s } from './dom.js';
import { focusOf } from './focus.js';

const WORLD_MARGIN = 4;
// A single place would be shown as if from the tree above it.
const LEAST_DEGREES = 12;
const NARROW = 520;
const MARGIN = [48, 36]; // room for circles and names at the edge
const LOWEST = 0.5; // height to width
const HIGHEST = 0.68;
const HIGHEST_NARROW = 1.05;
// Land is cut this far beyond the edge, so that the line around what was cut off is not seen.
const BEYOND = 3;

let decoded;
// Decoded when the first map is drawn; a report of overlaps has none.
function countriesOfTheWorld() {
  if (!decoded) {
    const world = { ...topology, arcs: unpackArcs(topology.arcs) };
    decoded = feature(world, world.objects.countries).features;
  }
  return decoded;
}

// The middle of the shortest arc of longitudes that has all points: routes over the Pacific stay in one piece.
function middleLongitude(points) {
  const sorted = points.map((p) => p[0]).sort((a, b) => a - b);
  let [gap, end] = [sorted[0] + 360 - sorted.at(-1), 0];
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] - sorted[i - 1] > gap) [gap, end] = [sorted[i] - sorted[i - 1], i];
  }
  return sorted[end] + (360 - gap) / 2;
}

// Corners around points, so that the frame has a least size.
function corners(points) {
  const lats = points.map((p) => p[1]);
  const lon = middleLongitude(points);
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
  const half = LEAST_DEGREES / 2;
  return [[lon - half, Math.max(-85, lat - half)], [lon + half, Math.min(85, lat + half)]];
}

/** What a map can be fitted to; the words are view.NAME. */
export const VIEWS = ['focus', 'all', 'world'];

// What the map is fitted to, how it is turned, and how far from the edge it stays.
function frameOf(places, view) {
  const points = (view === 'focus' ? focusOf(places) : places).map((place) => place.point);
  if (view === 'world' || points.length === 0) {
    return { shape: { type: 'Sphere' }, longitude: 0, margin: [WORLD_MARGIN, WORLD_MARGIN] };
  }
  const shape = { type: 'MultiPoint', coordinates: [...points, ...corners(points)] };
  return { shape, longitude: middleLongitude(points), margin: MARGIN };
}

// As high as the frame needs, within limits.
function fitted({ shape, longitude, margin: [along, down] }, width) {
  const projection = geoEqualEarth().rotate([-longitude, 0]).fitWidth(width - 2 * along, shape);
  const [[, top], [, bottom]] = geoPath(projection).bounds(shape);
  const highest = width < NARROW ? HIGHEST_NARROW : HIGHEST;
  const height = Math.round(Math.min(width * highest, Math.max(width * LOWEST, bottom - top + 2 * down)));
  projection.fitExtent([[along, down], [width - along, height - down]], shape)
    .clipExtent([[-BEYOND, -BEYOND], [width + BEYOND, height + BEYOND]]);
  return { projection, height };
}

/**
 * A map that many pixels wide. places: [{point: [longitude, latitude], count}]; view: one of VIEWS.
 * Returns {height; at(point): [x, y], also outside; inside([x, y]); land(classOf): SVG elements}; classOf('LY') is a class
 * or ''.
 */
export function makeMap({ width, places, view }) {
  const { projection, height } = fitted(frameOf(places, view), width);
  const path = geoPath(projection).digits(1);
  return {
    height,
    at: (point) => projection(point).map(px),
    inside: ([x, y]) => x >= 0 && y >= 0 && x <= width && y <= height,
    land(classOf = () => '') {
      const around = [s('path', { class: 'sea', d: path({ type: 'Sphere' }) }),
        s('path', { class: 'graticule', d: path(geoGraticule10()) })];
      // Borders are dense enough to be drawn point by point, which takes half the time.
      projection.precision(0);
      return s('g', { class: 'base' }, around, countriesOfTheWorld().map((country) => {
        const d = path(country);
        return d && s('path', { class: `land ${classOf(country.id)}`.trim(), d });
      }));
    },
  };
}
