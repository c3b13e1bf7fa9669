// A release (symbolon-release/1) as figures read it: by level, never by adding cells up. What was not asked as
// a level of its own has no answer here, because a sum of cells that survived a threshold is biased.

import { harmless } from './bidi.js';

/** May a count of this size be noise alone? Of exact counts none is. */
export const isUnsure = (value, halfWidth, threshold) => halfWidth > 0 && value - halfWidth < threshold;

/**
 * How many of these cells are expected to be shown with nothing behind them, if all were empty: at most so many.
 * suppression is that of the release; 0 where there is no noise.
 */
export const falseCells = (suppression, cells) => ((suppression?.expected_ghosts_per_million ?? 0) * cells) / 1e6;

/** Blocks of cells that share dimensions; dense and row-major as in the file. */
class Level {
  constructor(raw, release) {
    this.dimensions = raw.dimensions.map((id) => release.dimension(id));
    this.ids = raw.dimensions;
    this.halfWidth = raw.half_width;
    this.threshold = raw.threshold;
    this.cells = raw.cells;
    this.strides = this.dimensions.map((_, i) =>
      this.dimensions.slice(i + 1).reduce((product, d) => product * d.codes.length, 1));
  }

  /** How far into `cells` this choice of codes lies: {country: 'LY', year: '2019'}. */
  offset(chosen) {
    let at = 0;
    this.dimensions.forEach((dimension, i) => {
      at += this.strides[i] * (chosen[dimension.id] === undefined ? 0 : dimension.indexOf(chosen[dimension.id]));
    });
    return at;
  }

  stride(id) {
    return this.strides[this.ids.indexOf(id)];
  }

  /**
   * {value, low, high, unsure}: value is null where it is not shown; then the count is anything below the threshold.
   * unsure: the interval reaches what is not shown, and the count may be noise alone.
   */
  cell(at) {
    const value = this.cells[at];
    if (value === null) return { value, low: 0, high: this.threshold - 1, unsure: false };
    return { value, low: Math.max(0, value - this.halfWidth), high: value + this.halfWidth,
      unsure: isUnsure(value, this.halfWidth, this.threshold) };
  }

  suppressed() {
    let n = 0;
    for (const cell of this.cells) if (cell === null) n += 1;
    return n;
  }
}

class Dimension {
  constructor(raw, nameOf) {
    this.id = raw.id;
    this.role = raw.role;
    this.label = harmless(nameOf.dimension(raw));
    this.codes = raw.codes;
    this.labels = raw.codes.map((code, i) => harmless(nameOf.code(raw, code, raw.labels[i])));
    // Millionths of a degree in the file.
    this.points = raw.codes.map((_, i) => {
      const point = raw.points?.[i];
      return point ? [point[0] / 1e6, point[1] / 1e6] : null;
    });
    this.indices = new Map(raw.codes.map((code, i) => [code, i]));
  }

  indexOf(code) {
    const at = this.indices.get(code);
    if (at === undefined) throw new RangeError(`${this.id}: there is no ${code}`);
    return at;
  }

  labelOf(code) {
    return this.labels[this.indexOf(code)];
  }
}

export class Release {
  /** nameOf: {dimension(raw), code(raw, code, label)} says what things are called in the reader's language. */
  constructor(raw, nameOf) {
    this.raw = raw;
    this.kind = raw.kind;
    this.exchange = raw.exchange;
    this.dimensions = (raw.dimensions ?? []).map((d) => new Dimension(d, nameOf));
    this.levels = (raw.levels ?? []).map((level) => new Level(level, this));
  }

  dimension(id) {
    return this.dimensions.find((d) => d.id === id);
  }

  withRole(...roles) {
    return this.dimensions.filter((d) => roles.includes(d.role));
  }

  /** The level of exactly these dimensions, in whatever order; undefined: it was not asked for. */
  level(ids) {
    const wanted = [...ids].sort().join();
    return this.levels.find((level) => [...level.ids].sort().join() === wanted);
  }

  /** All rows of dimension `id` where the others are as in `fixed`: {rows, level}; null: not asked for. */
  series(id, fixed = {}) {
    const level = this.level([id, ...Object.keys(fixed)]);
    if (!level) return null;
    const dimension = this.dimension(id);
    const start = level.offset(fixed);
    const stride = level.stride(id);
    const rows = dimension.codes.map((code, i) => ({
      code,
      label: dimension.labels[i],
      point: dimension.points[i],
      ...level.cell(start + i * stride),
    }));
    return { rows, level };
  }

  /** All pairs of two dimensions, with others fixed: {rows: [{from, to, …}], level}; null: not asked for. */
  pairs(origin, place, fixed = {}) {
    const level = this.level([origin, place, ...Object.keys(fixed)]);
    if (!level) return null;
    const [a, b] = [this.dimension(origin), this.dimension(place)];
    const start = level.offset(fixed);
    const rows = [];
    a.codes.forEach((from, i) => b.codes.forEach((to, j) => {
      const at = start + i * level.stride(origin) + j * level.stride(place);
      rows.push({ from, to, fromLabel: a.labels[i], toLabel: b.labels[j], ...level.cell(at) });
    }));
    return { rows, level };
  }
}

const MOST_SORTED = 5000;
const collator = new Intl.Collator();
const nameOf = (row) => row.label ?? `${row.fromLabel} ${row.toLabel}`;
const byName = (x, y) => collator.compare(nameOf(x), nameOf(y));

/** Largest first, then what is not shown, each by name; very many of those stay in the order of the file. */
export function ranked(rows) {
  const shown = rows.filter((row) => row.value !== null).sort((x, y) => y.value - x.value || byName(x, y));
  const withheld = rows.filter((row) => row.value === null);
  return [...shown, ...(withheld.length <= MOST_SORTED ? withheld.sort(byName) : withheld)];
}
