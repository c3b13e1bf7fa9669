// Where: circles on a map and a ranked table beside it, narrowed by the filters that were asked as levels. Also draws
// counts of other shapes, without the map where nothing has a place.
import { saidOf, shortCount, unsureNote } from './bars.js';
import { isolated } from './bidi.js';
import { barsPicture } from './bars_picture.js';
import { cellsToCsv } from './csv.js';
import { clear, h } from './dom.js';
import { panel } from './drill.js';
import { choice, filterChoices, viewChoice } from './filters.js';
import { hotspotMap } from './hotspot_map.js';
import { filterSets, fixedText, plainest } from './levels.js';
import { VIEWS } from './map.js';
import { ranking } from './ranking.js';
import { responsive } from './responsive.js';
import { ranked } from './result.js';

const PICTURE_WIDTH = 900;

// What can be ranked: places, else what else there is, if it was asked in some level.
function subjects(release) {
  const places = release.withRole('place', 'origin', 'destination');
  const candidates = places.length > 0 ? places : release.dimensions;
  return candidates.filter((d) => setsFor(release, d).length > 0);
}

function setsFor(release, dimension) {
  const others = release.withRole('place', 'origin', 'destination').filter((d) => d !== dimension).map((d) => d.id);
  return filterSets(release, [dimension.id], others);
}

/** Draws a release of kind hotspots or tabulate into place. */
export function hotspots(place, release, page) {
  const { words } = page;
  const choices = subjects(release);
  if (choices.length === 0) return;
  const state = { dimension: choices[0], fixed: {}, chosen: null, view: VIEWS[0] };
  const unit = words(`unit.${release.raw.measure?.unit ?? 'incidents'}`);
  const parts = {
    filters: h('div', { class: 'filters' }),
    drawing: h('div', { class: 'drawing' }),
    notes: h('p', { class: 'note' }),
    beyond: h('p', { class: 'note' }),
    drill: h('div', { class: 'drills' }),
  };
  const table = ranking({ words, heads: ['', unit], choose });
  const details = panel(parts.drill, release, page);

  const title = () => [words('hotspots.by', { unit, dimension: state.dimension.label.toLowerCase() }),
    fixedText(release, state.fixed)].filter(Boolean).join(' · ');
  const hasMap = () => state.dimension.points.some(Boolean);

  function figure() {
    const { rows, level } = release.series(state.dimension.id, state.fixed);
    const keyed = rows.map((row) => ({ ...row, key: row.code }));
    // Periods are read in their order.
    return { rows: state.dimension.role === 'time' ? keyed : ranked(keyed), level, dimension: state.dimension, title: title(), words };
  }

  function subtitle() {
    const level = release.level([state.dimension.id, ...Object.keys(state.fixed)]);
    return words('hotspots.sub', { half: level.halfWidth, threshold: level.threshold });
  }

  function drawMap() {
    parts.drawing.hidden = !hasMap();
    if (!hasMap()) return;
    const { picture, outside } = hotspotMap(figure(), { ...state, width: size.width, choose });
    clear(parts.drawing).append(picture);
    parts.beyond.textContent = outside > 0 ? words('view.outside', { n: outside }) : '';
  }

  function noteOn({ rows, level }) {
    const unsure = unsureNote(rows, level.cells.length, release, level, words);
    const withheld = rows.filter((row) => row.value === null).length;
    const away = rows.filter((row) => row.value !== null && !row.point && hasMap());
    const lines = [];
    if (withheld > 0) lines.push(words('hotspots.hidden', { n: withheld, all: rows.length, threshold: level.threshold }));
    if (away.length > 0) {
      const list = away.map((row) => `${isolated(row.label)} ${shortCount(row, level, words)}`).join(', ');
      lines.push(words('hotspots.off.map', { list }));
    }
    parts.notes.textContent = [...lines, unsure].join(' ');
  }

  function draw() {
    const now = figure();
    drawMap();
    table.update({ title: now.title, sub: subtitle(), rows: now.rows, level: now.level });
    noteOn(now);
    showDetails();
    return now;
  }

  function showDetails() {
    table.mark(state.chosen);
    if (state.chosen === null) details.hide();
    else details.show({ placeId: state.dimension.id, code: state.chosen, fixed: state.fixed });
  }

  function choose(row) {
    state.chosen = state.chosen === row.key ? null : row.key;
    drawMap();
    showDetails();
    const { level } = release.series(state.dimension.id, state.fixed);
    page.say(words('hotspots.chosen', { place: row.label, count: saidOf(row, level, words) }));
  }

  function changed() {
    const { rows } = draw();
    page.say(words('hotspots.changed', { title: title(), n: rows.filter((row) => row.value !== null).length }));
  }

  function offer() {
    const sets = setsFor(release, state.dimension);
    state.fixed = Object.fromEntries(plainest(sets).map((id) => [id, release.dimension(id).codes.at(-1)]));
    clear(parts.filters).append(
      choices.length > 1 ? choice(words('hotspots.place'), choices.map((d) => [d.id, d.label]), state.dimension.id, (id) => {
        state.dimension = release.dimension(id);
        state.chosen = null;
        offer();
        changed();
      }) : '',
      ...filterChoices(release, sets, state, words, changed),
      hasMap() ? viewChoice(state, words, drawMap) : '');
  }

  const csv = () => {
    const { rows, level } = figure();
    const fixed = Object.entries(state.fixed);
    return cellsToCsv([state.dimension.id, 'code', ...fixed.map(([id]) => id)],
      rows.map((row) => [row.label, row.code, ...fixed.map(([, code]) => code), row]), level, release);
  };
  const picture = () => (hasMap()
    ? hotspotMap(figure(), { ...state, width: PICTURE_WIDTH, vector: true }).picture
    : barsPicture([{ ...figure(), sub: subtitle() }], { words, title: title(), width: PICTURE_WIDTH }));
  const caption = () => [...page.caption(release), hasMap() ? words('caption.map') : ''];
  const tools = page.tools({ release, title, csv, picture, caption });

  const beside = h('div', null, table.element, parts.notes);
  place.append(parts.filters, hasMap()
    ? h('div', { class: 'split' }, h('figure', null, parts.drawing, parts.beyond, tools), beside)
    : h('figure', { class: 'alone' }, beside, tools), parts.drill);
  offer();
  const size = responsive(parts.drawing, drawMap);
  state.chosen = firstPlace(figure().rows);
  draw();
}

// The largest count that has a place, so that the details are not empty to begin with.
const firstPlace = (rows) => (rows.find((row) => row.value !== null && row.point) ?? rows.find((row) => row.value !== null))?.key ?? null;
