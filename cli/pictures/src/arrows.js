// Curved arrows, as outlines: a shaft that widens towards a head of its scale. They always bend to the same side, so
// that there and back lie beside each other; they end short of the places, so that heads do not cover them.
import { px } from './dom.js';

const SHORTEST = 14;
const SIDES = 24; // points along one side of a shaft
const CLEARANCE = 6; // from the tip to the place
const TAIL = 5; // pixels from the place to the begin
const STEP = 0.01;

const bend = (length) => 0.07 + 0.13 * Math.min(1, length / 420);

function curve(a, b, length) {
  const k = bend(length);
  const control = [(a[0] + b[0]) / 2 - (b[1] - a[1]) * k, (a[1] + b[1]) / 2 + (b[0] - a[0]) * k];
  return (t) => [0, 1].map((i) => (1 - t) ** 2 * a[i] + 2 * t * (1 - t) * control[i] + t * t * b[i]);
}

const distance = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);

// Back along the curve from t until it is so far away from a point.
function back(at, t, point, far, least) {
  let found = t;
  while (found > least && distance(at(found), point) < far) found -= STEP;
  return found;
}

function shaft(at, begin, end, width) {
  const [left, right] = [[], []];
  for (let i = 0; i <= SIDES; i++) {
    const t = begin + ((end - begin) * i) / SIDES;
    const [p, next] = [at(t), at(t + STEP)];
    const length = distance(p, next) || 1;
    const normal = [-(next[1] - p[1]) / length, (next[0] - p[0]) / length];
    const half = (width / 2) * (0.7 + (0.3 * i) / SIDES);
    left.push([p[0] + normal[0] * half, p[1] + normal[1] * half]);
    right.unshift([p[0] - normal[0] * half, p[1] - normal[1] * half]);
  }
  return [left, right];
}

/** Points along the shaft of the same arrow, for what must not lie on it. */
export function alongArrow(a, b, n) {
  const at = curve(a, b, distance(a, b));
  return Array.from({ length: n }, (_, i) => at((i + 1) / (n + 1)));
}

/** The outline of an arrow from a to b as a path; null where they are too near to each other. */
export function arrowPath(a, b, width, clearance = CLEARANCE) {
  const length = distance(a, b);
  if (length < SHORTEST) return null;
  const at = curve(a, b, length);
  const headLength = Math.max(7, width * 1.9);
  const headHalf = Math.max(3.6, width * 1.05);
  const tipAt = back(at, 1, b, clearance, 0.5);
  const tip = at(tipAt);
  const neckAt = back(at, tipAt, tip, headLength, 0.1);
  const neck = at(neckAt);
  const [ux, uy] = [(tip[0] - neck[0]) / headLength, (tip[1] - neck[1]) / headLength];
  const [left, right] = shaft(at, Math.min(TAIL / length, neckAt / 2), neckAt, width);
  const outline = [...left, [neck[0] - uy * headHalf, neck[1] + ux * headHalf], tip,
    [neck[0] + uy * headHalf, neck[1] - ux * headHalf], ...right];
  return `M${outline.map((p) => p.map(px).join()).join('L')}Z`;
}
