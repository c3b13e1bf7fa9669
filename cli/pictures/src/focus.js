// Which places a map is fitted to: without the few far ones that would make all others small.
const MOST_SHARE = 0.1; // of the places may be left out
const LEAST_GAIN = 0.3; // of the area, for one that is left out
const SMALL = 0.35; // of the largest count: larger ones are never left out

const RADIANS = Math.PI / 180;

function area(places) {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { point: [lon, lat] } of places) {
    [west, east] = [Math.min(west, lon), Math.max(east, lon)];
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  }
  return (east - west) * (Math.sin(north * RADIANS) - Math.sin(south * RADIANS));
}

const extremes = (places) => {
  const by = (pick) => places.reduce((best, place) => (pick(place) > pick(best) ? place : best));
  return new Set([by((p) => p.point[0]), by((p) => -p.point[0]), by((p) => p.point[1]), by((p) => -p.point[1])]);
};

/** places: [{point: [longitude, latitude], count}]. Returns those to fit the map to. */
export function focusOf(places) {
  const most = Math.max(...places.map((place) => place.count));
  let kept = places;
  for (let spare = Math.floor(places.length * MOST_SHARE); spare > 0 && kept.length > 3; spare--) {
    const without = [...extremes(kept)].filter((place) => place.count <= most * SMALL)
      .map((place) => kept.filter((other) => other !== place));
    const best = without.reduce((least, rest) => (area(rest) < area(least) ? rest : least), kept);
    if (area(best) > area(kept) * (1 - LEAST_GAIN)) break;
    kept = best;
  }
  return kept;
}
