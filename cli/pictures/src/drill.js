// What else was asked about one place: a small table with bars for each dimension, and its regions, which may
// come from another result. Each is a level of its own; nothing here is a sum.
import { bar, countCell, greatestOf } from './bars.js';
import { barsPicture } from './bars_picture.js';
import { cellFields, RELEASE_COLUMNS, toCsv } from './csv.js';
import { clear, h, name } from './dom.js';
import { choice } from './filters.js';
import { filterSets, plainest } from './levels.js';
import { ranked } from './result.js';

const MOST_ROWS = 27;
const BAR_WIDTH = 120;
const PICTURE_WIDTH = 900;
const LONG_RUN = 4; // as many rows in succession that are not shown are one line

/** Rows in succession: [[row, …], …], of which only those that are not shown stand together. */
function runsOf(rows) {
  const runs = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (row.value === null && last?.[0].value === null) last.push(row);
    else runs.push([row]);
  }
  return runs;
}

/** What is worth a line: periods in their order, of all else the largest; a long run of what is not shown is one. */
function linesOf(dimension, rows, words) {
  const inOrder = dimension.role === 'time';
  const shown = rows.filter((row) => row.value !== null);
  const kept = inOrder ? rows : [...ranked(shown).slice(0, MOST_ROWS), ...ranked(rows).slice(shown.length)];
  const nameOf = (run) => {
    if (inOrder) return words('drill.run', { first: run[0].label, last: run.at(-1).label });
    return words(shown.length > 0 ? 'drill.more' : 'drill.all', { n: run.length });
  };
  return runsOf(kept).flatMap((run) => (run.length < LONG_RUN ? run : [{ ...run[0], label: nameOf(run) }]));
}

function smallTable({ title, sub, rows, level, words, above }) {
  const greatest = greatestOf(rows);
  return h('div', { class: 'small' }, above,
    h('table', null,
      h('caption', null, title, ' ', h('span', { class: 'sub' }, sub)),
      h('tbody', null, rows.map((row) => h('tr', { 'data-row': row.code },
        h('th', { scope: 'row' }, name(row.label)), countCell(row, level, words),
        h('td', { class: 'bars' }, bar(row, greatest, BAR_WIDTH)))))));
}

// The period or type of this place with the largest count, where one has to be chosen first.
function largestCode(release, id, fixed) {
  const found = release.series(id, fixed);
  const top = found && ranked(found.rows)[0];
  return top && top.value !== null ? top.code : release.dimension(id).codes.at(-1);
}

const CSV_HEAD = ['of', 'by', 'label', 'code', ...RELEASE_COLUMNS];
const csvRows = (release, rows, level, of, by) =>
  rows.map((row) => [of, by, row.label, row.code, ...cellFields(row, level, release)]);

/** panel(place, release, page): {show({placeId, code, fixed}), hide()}. */
export function panel(place, release, page) {
  const { words } = page;
  let chosen = {}; // what stands in the selects of the panel

  function byDimension(dimension, { placeId, code, fixed, others }) {
    const sets = filterSets(release, [placeId, dimension.id], others);
    if (sets.length === 0) return null;
    const extra = plainest(sets);
    const values = { [placeId]: code };
    for (const id of extra) values[id] = chosen[id] ?? fixed[id] ?? largestCode(release, id, { [placeId]: code });
    const { rows, level } = release.series(dimension.id, values);
    const again = (id) => (value) => {
      chosen = { ...chosen, [id]: value };
      draw({ placeId, code, fixed });
    };
    const selects = extra.map((id) => {
      const other = release.dimension(id);
      return choice(other.label, other.codes.map((c, i) => [c, other.labels[i]]), values[id], again(id));
    });
    return {
      title: words('drill.by', { dimension: dimension.label.toLowerCase() }),
      sub: words('drill.sub', { half: level.halfWidth, threshold: level.threshold }),
      rows: linesOf(dimension, rows, words), level, words,
      above: selects.length > 0 && h('div', { class: 'filters' }, selects),
      csv: () => csvRows(release, rows, level, Object.values(values).join(' '), dimension.id),
    };
  }

  // Codes of regions begin with that of their country.
  function byRegion(code) {
    const other = page.releases.find((one) => one.kind === release.kind && one.dimension('admin1') && one.level(['admin1']));
    const found = other?.series('admin1');
    const rows = found?.rows.filter((row) => row.code.startsWith(`${code}.`)) ?? [];
    if (rows.length === 0) return null;
    const shown = ranked(rows.filter((row) => row.value !== null));
    const sub = words('drill.regions.sub',
      { n: rows.length - shown.length, half: found.level.halfWidth, threshold: found.level.threshold });
    return { title: words('drill.regions'), sub, rows: shown.slice(0, MOST_ROWS), level: found.level, words,
      csv: () => csvRows(other, rows, found.level, code, 'admin1') };
  }

  function draw({ placeId, code, fixed }) {
    const dimension = release.dimension(placeId);
    const others = release.withRole('place', 'origin', 'destination').map((d) => d.id).filter((id) => id !== placeId);
    const narrowing = release.dimensions.filter((d) => d.id !== placeId && !others.includes(d.id));
    const parts = narrowing.map((d) => byDimension(d, { placeId, code, fixed, others })).filter(Boolean);
    const regions = placeId === 'country' && byRegion(code);
    const title = words('drill.details', { place: dimension.labelOf(code) });
    const all = [...parts, regions].filter(Boolean);
    const csv = () => toCsv([CSV_HEAD, ...all.flatMap((part) => part.csv())]);
    const picture = () => barsPicture(all, { words, title, width: PICTURE_WIDTH });
    clear(place).append(h('details', { open: true, class: 'drill' },
      h('summary', null, h('h3', null, title)),
      h('div', { class: 'columns' }, all.map(smallTable)),
      all.length > 0 ? page.tools({ release, title: () => title, csv, picture })
        : h('p', { class: 'note' }, words('drill.none'))));
  }

  return {
    show(what) {
      chosen = {};
      draw(what);
    },
    hide() {
      clear(place).append(h('p', { class: 'hint note' }, words('hotspots.hint')));
    },
  };
}
