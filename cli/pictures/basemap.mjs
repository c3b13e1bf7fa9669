// The base map: Natural Earth 1:50m without what no reader of a small map sees. Countries are known by
// their ISO 3166 alpha-2 codes afterwards, as in releases. Nothing here depends on time or chance.
import { quantize } from 'topojson-client';
import { filter, planarRingArea, presimplify } from 'topojson-simplify';
import { packArcs } from './src/arcs.js';

// Square degrees: a point that moves a border by less is left out, an island below is no mark on a map
// of the world. 1:110m would be smaller still, but lacks Malta, Cabo Verde, Bahrain and Singapore.
const LEAST_DETAIL = 0.022;
const LEAST_ISLAND = 0.05;
// What keeps the shape of a small ring: a square with a corner cut.
const LEAST_POINTS = 6;
const GRID = 8e3;

// Without a number in Natural Earth. Releases know codes of ISO, in which two of them belong to others.
const UNNUMBERED = { Kosovo: 'XK', 'N. Cyprus': 'CY', Somaliland: 'SO' };

function alpha2(country) {
  if (country.id === undefined) return UNNUMBERED[country.properties.name];
  const [locale] = Intl.getCanonicalLocales(`und-${country.id}`);
  const region = locale.slice('und-'.length);
  return /^[A-Z]{2}$/.test(region) ? region : undefined;
}

const polygonsOf = (country) =>
  country.type === 'Polygon' ? [country.arcs] : country.type === 'MultiPolygon' ? country.arcs : [];

function ringArea(topology, ring) {
  const points = ring.flatMap((arc) => (arc < 0 ? [...topology.arcs[~arc]].reverse() : topology.arcs[arc]));
  return Math.abs(planarRingArea(points));
}

// The largest polygon stays whatever its size: no country vanishes.
function withoutIslets(topology, country) {
  const sized = polygonsOf(country).map((polygon) => ({ polygon, area: ringArea(topology, polygon[0]) }));
  const largest = Math.max(...sized.map((p) => p.area));
  const kept = sized.filter((p) => p.area === largest || p.area >= LEAST_ISLAND).map((p) => p.polygon);
  return { type: 'MultiPolygon', arcs: kept };
}

// Points of an arc carry their weight as a third number. A ring that is one arc keeps its heaviest points.
function lighten(arc) {
  const closed = arc[0][0] === arc.at(-1)[0] && arc[0][1] === arc.at(-1)[1];
  const spare = closed ? arc.map((p) => p[2]).sort((a, b) => b - a)[LEAST_POINTS] ?? 0 : Infinity;
  const least = Math.min(LEAST_DETAIL, spare);
  return arc.filter((p) => p[2] >= least).map(([x, y]) => [x, y]);
}

/** topology: countries-50m.json of world-atlas. Returns a topology of one object, `countries`, its arcs packed. */
export function baseMap(topology) {
  const weighted = presimplify(topology);
  const geometries = weighted.objects.countries.geometries.map((country) => ({
    ...withoutIslets(weighted, country),
    id: alpha2(country),
  }));
  const pruned = filter({
    ...weighted,
    objects: { countries: { type: 'GeometryCollection', geometries } },
  }, () => true);
  const light = { ...pruned, arcs: pruned.arcs.map(lighten) };
  const { arcs, transform, objects } = quantize(light, GRID);
  return { type: 'Topology', transform, objects, arcs: packArcs(arcs) };
}
