// From where to where: arrows on a map, and the pairs ranked beside it. Pairs whose ends are not on the map (not
// recorded, several, at sea) have a table of their own, because they would hide all others in one ranking.
import { saidOf, unsureNote } from './bars.js';
import { cellsToCsv } from './csv.js';
import { clear, h } from './dom.js';
import { choice, filterChoices, viewChoice } from './filters.js';
import { filterSets, fixedText, plainest } from './levels.js';
import { VIEWS } from './map.js';
import { ranking } from './ranking.js';
import { responsive } from './responsive.js';
import { ranked } from './result.js';
import { isWithin, routeMap } from './route_map.js';

const PICTURE_WIDTH = 900;
// More arrows than this hide each other; a reader may want them all the same.
const LARGEST = 100;

// The end is the destination, where that was asked; else the place of the incident.
function endsOf(release) {
  const [origin] = release.withRole('origin');
  const others = [...release.withRole('destination'), ...release.withRole('place')];
  const end = others.find((d) => origin && filterSets(release, [origin.id, d.id]).length > 0);
  return end && { origin, end };
}

/** Draws a release of kind routes into place. */
export function routes(place, release, page) {
  const { words } = page;
  const ends = endsOf(release);
  if (!ends) return;
  const { origin, end } = ends;
  const unit = words(`unit.${release.raw.measure?.unit ?? 'incidents'}`);
  const sets = filterSets(release, [origin.id, end.id]);
  const state = { fixed: {}, chosen: null, view: VIEWS[0], all: false };
  state.fixed = Object.fromEntries(plainest(sets).map((id) => [id, release.dimension(id).codes.at(-1)]));
  const parts = {
    arrows: h('span'),
    drawing: h('div', { class: 'drawing' }),
    notes: h('p', { class: 'note' }),
    beyond: h('p', { class: 'note' }),
    rest: h('details', { class: 'rest' }),
  };
  const table = ranking({ words, heads: [words('routes.head'), unit], choose });
  const others = ranking({ words, heads: [words('routes.head'), unit] });
  let now = null;

  const title = () => [words('routes.title', { origin: origin.label, end: end.label.toLowerCase() }),
    fixedText(release, state.fixed)].filter(Boolean).join(' · ');

  // What is not shown is not listed pair by pair: of 250 countries there are 64,000.
  function read() {
    const { rows, level } = release.pairs(origin.id, end.id, state.fixed);
    const shown = ranked(rows.filter((row) => row.value !== null)).map((row) => ({
      ...row,
      key: `${row.from}>${row.to}`,
      label: isWithin(row) ? words('routes.within', { place: row.fromLabel })
        : words('routes.pair', { from: row.fromLabel, to: row.toLabel }),
      fromPoint: origin.points[origin.indexOf(row.from)],
      toPoint: end.points[end.indexOf(row.to)],
    }));
    const located = (row) => row.fromPoint && row.toPoint;
    return { level, total: rows.length, withheld: rows.length - shown.length,
      drawn: shown.filter(located), away: shown.filter((row) => !located(row)) };
  }

  const figure = () => ({ rows: state.all ? now.drawn : now.drawn.slice(0, LARGEST), level: now.level, title: title(), words });

  function offerAll() {
    const n = now.drawn.length;
    clear(parts.arrows).append(n <= LARGEST ? '' : choice(words('routes.arrows'),
      [['', words('routes.arrows.largest', { n: LARGEST })], ['all', words('routes.arrows.all', { n })]],
      state.all ? 'all' : '', (value) => {
        state.all = value === 'all';
        drawMap();
      }));
  }

  function drawMap() {
    const { picture, outside } = routeMap(figure(), { ...state, width: size.width, choose });
    clear(parts.drawing).append(picture);
    parts.beyond.textContent = outside > 0 ? words('view.outside', { n: outside }) : '';
  }

  // The largest pair of all may be one of these.
  function restOf({ away, level }) {
    const [largest] = away;
    return largest && words('routes.rest', { n: away.length, largest: largest.label, value: largest.value, half: level.halfWidth });
  }

  function draw() {
    now = read();
    offerAll();
    drawMap();
    const { level, withheld, total } = now;
    const sub = words('routes.sub', { half: level.halfWidth, threshold: level.threshold, n: withheld, all: total });
    table.update({ title: words('routes.ranked'), sub, rows: now.drawn, level });
    table.mark(state.chosen);
    others.update({ title: words('routes.rest.title'), sub: '', rows: now.away, level });
    parts.rest.hidden = now.away.length === 0;
    clear(parts.rest).append(h('summary', null, restOf(now)), others.element);
    parts.notes.textContent = [unsureNote([...now.drawn, ...now.away], total, release, level, words), words('routes.path')].filter(Boolean).join(' ');
  }

  function choose(row) {
    state.chosen = state.chosen === row.key ? null : row.key;
    drawMap();
    table.mark(state.chosen);
    page.say(`${row.label}: ${saidOf(row, now.level, words)}`);
  }

  function changed() {
    state.chosen = null;
    draw();
    page.say(words('routes.changed', { title: title(), n: now.drawn.length + now.away.length }));
  }

  const csv = () => {
    const { rows, level } = release.pairs(origin.id, end.id, state.fixed);
    const fixed = Object.entries(state.fixed);
    const names = [`${origin.id}_code`, `${end.id}_code`, origin.id, end.id, ...fixed.map(([id]) => id)];
    return cellsToCsv(names, ranked(rows).map((row) =>
      [row.from, row.to, row.fromLabel, row.toLabel, ...fixed.map(([, code]) => code), row]), level, release);
  };
  const picture = () => routeMap(figure(), { ...state, width: PICTURE_WIDTH, vector: true }).picture;
  const tools = page.tools({ release, title, csv, picture,
    caption: () => [...page.caption(release), words('routes.path'), words('caption.map')] });

  place.append(
    h('div', { class: 'filters' }, filterChoices(release, sets, state, words, changed),
      viewChoice(state, words, drawMap), parts.arrows),
    h('div', { class: 'split' },
      h('figure', null, parts.drawing, parts.beyond, tools),
      h('div', null, table.element, parts.rest, parts.notes)));
  const size = responsive(parts.drawing, () => now && drawMap());
  draw();
}
