// How counts change: small multiples with one scale, a slider that reads one period of all, the table of all below.
import { shortCount, unsureNote } from './bars.js';
import { cellFields, RELEASE_COLUMNS, toCsv } from './csv.js';
import { clear, h, name } from './dom.js';
import { choice } from './filters.js';
import { fitted } from './fit.js';
import { drawTrends } from './trends/drawing.js';
import { firstView, panelsOf, timeOf, viewsOf, wholeOf } from './trends/view.js';

const PANELS_FIRST = 12;
const SCALES = ['common', 'own'];

const lower = (dimension) => dimension.label.toLowerCase();

function viewName(view, words) {
  if (!view.split) return words('trends.view.whole');
  const held = view.held.map(lower).join(', ');
  return words(held ? 'trends.view.held' : 'trends.view.split', { split: lower(view.split), held });
}

function titleOf(release, { view, fixed }, words) {
  const unit = words(`unit.${release.raw.measure.unit}`);
  const title = view.split ? words('trends.title.split', { unit, split: lower(view.split) }) : words('trends.title', { unit });
  const held = view.held.map((dimension) => dimension.labelOf(fixed[dimension.id])).join(', ');
  return held ? words('trends.title.held', { title, held }) : title;
}

/** What was chosen, ready to draw: the busiest panels come first. */
function modelOf(release, chosen, words) {
  const { view, fixed } = chosen;
  const whole = wholeOf(release, view, fixed);
  const panels = panelsOf(release, view, fixed).map((panel) => ({ ...panel, label: panel.label || words('trends.whole') }));
  panels.sort((a, b) => (b.largest?.value ?? 0) - (a.largest?.value ?? 0));
  return { view, fixed, panels, whole: whole && { ...whole, label: words('trends.whole') }, title: titleOf(release, chosen, words) };
}

const columnsOf = ({ whole, panels }) => [...(whole ? [whole] : []), ...panels];

function described({ label, rows, largest }, words) {
  if (!largest) return words('trends.described.none', { label });
  const hidden = rows.filter((row) => row.value === null).length;
  return words(hidden > 0 ? 'trends.described' : 'trends.described.all', {
    label, hidden, periods: rows.length, value: largest.value, period: largest.label,
  });
}

const reading = (row, level, words) => words('trends.reading', {
  period: row.label,
  count: row.value === null ? words('cell.hidden', { threshold: level.threshold })
    : words(row.unsure ? 'trends.count.unsure' : 'trends.count', { value: row.value, half: level.halfWidth }),
});

const spoken = ({ label, rows, level }, at, words) => (rows[at].value === null
  ? words('trends.said.hidden', { label, threshold: level.threshold })
  : words('trends.said', { label, value: rows[at].value, half: level.halfWidth }));

function tableCell(row, level, words) {
  if (row.value !== null) return shortCount(row, level, words);
  return h('span', { class: 'suppressed' }, words('cell.hidden', { threshold: level.threshold }));
}

/** A row for each period, a column for each panel. It is filled when it is opened, because it may be long. */
function periodTable(time, model, { words }) {
  const columns = columnsOf(model);
  const body = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': words('trends.table') });
  const fill = () => {
    if (body.firstChild) return;
    body.append(h('table', { class: 'trend-table' },
      h('caption', { class: 'hidden' }, model.title),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, time.label),
        columns.map(({ label, level }) => h('th', { scope: 'col', class: 'number' }, name(label), ' ',
          h('span', { class: 'sub' }, words('trends.half', { half: level.halfWidth })))))),
      h('tbody', null, time.labels.map((label, i) => h('tr', null, h('th', { scope: 'row' }, label),
        columns.map(({ rows, level }) => h('td', { class: 'number' }, tableCell(rows[i], level, words))))))));
  };
  return h('details', { ontoggle: fill }, h('summary', null, words('trends.table')), body);
}

function csvOf(release, { view, fixed, panels, whole }) {
  const time = timeOf(release);
  const held = view.held.flatMap((dimension) => [fixed[dimension.id], dimension.labelOf(fixed[dimension.id])]);
  const rowsOf = (panel) => panel.rows.map((row) =>
    [...held, ...(view.split ? [panel.code ?? '*', panel.label] : []), row.code, ...cellFields(row, panel.level, release)]);
  const names = [...view.held, ...(view.split ? [view.split] : [])].flatMap(({ id }) => [id, `${id}_label`]);
  return toCsv([[...names, time.id, ...RELEASE_COLUMNS], ...columnsOf({ whole, panels }).flatMap(rowsOf)]);
}

function note({ panels, whole }, release, words) {
  const { halfWidth, threshold } = panels[0].level;
  const percent = release.raw.privacy.confidence_permille / 10;
  const hidden = columnsOf({ panels, whole }).some(({ rows }) => rows.some((row) => row.value === null));
  return h('p', { class: 'note' }, words('trends.note', { half: halfWidth, percent }),
    hidden && ` ${words('trends.note.hidden', { threshold })}`,
    whole && ` ${words('trends.note.whole', { half: whole.level.halfWidth, threshold: whole.level.threshold })}`,
    ` ${unsureNote(panels.flatMap((panel) => panel.rows), panels[0].level.cells.length, release, panels[0].level, words)}`);
}

/** What can be chosen: the view, a code of each dimension that is held, and the scales. */
function controls(views, chosen, change, words) {
  const held = h('span', { class: 'filters' });
  const fill = () => clear(held).append(...chosen.view.held.map((dimension) =>
    choice(dimension.label, dimension.codes.map((code, i) => [code, dimension.labels[i]]), chosen.fixed[dimension.id], (code) => {
      chosen.fixed[dimension.id] = code;
      change();
    })));
  const take = (id) => {
    chosen.view = views.find((view) => view.id === id);
    chosen.fixed = Object.fromEntries(chosen.view.held.map((dimension) => [dimension.id, dimension.codes[0]]));
    fill();
    change();
  };
  fill();
  return h('div', { class: 'filters' },
    views.length > 1 && choice(words('trends.view'), views.map((view) => [view.id, viewName(view, words)]), chosen.view.id, take),
    held,
    views.some((view) => view.split) && choice(words('trends.scale'), SCALES.map((one) => [one, words(`trends.scale.${one}`)]), SCALES[0], (one) => {
      chosen.ownScales = one === 'own';
      change();
    }));
}

/** A slider over the periods: it works with keys, mouse and touch. read(at) is told the place of the period. */
function periodReader(time, at, read, words) {
  const name = h('output', { class: 'trend-period' }, time.labels[at]);
  const moved = (event) => {
    const now = Number(event.target.value);
    name.textContent = time.labels[now];
    event.target.setAttribute('aria-valuetext', time.labels[now]);
    read(now);
  };
  return h('label', { class: 'trend-reader' }, words('trends.period'),
    h('input', { type: 'range', min: 0, max: time.codes.length - 1, value: at, 'aria-valuetext': time.labels[at], oninput: moved }), name);
}

/** Draws a release into place. */
export function trends(place, release, page) {
  const { words, say } = page;
  const views = viewsOf(release);
  if (views.length === 0) {
    place.append(h('p', { class: 'note' }, words('trends.nothing')));
    return;
  }
  const time = timeOf(release);
  const first = firstView(views);
  const chosen = { view: first, fixed: Object.fromEntries(first.held.map(({ id, codes }) => [id, codes[0]])), ownScales: false, all: false };
  let at = time.codes.length - 1;
  let width = 0;
  let model;
  let drawn;
  const slot = h('div', { class: 'drawing' });
  const more = h('div');
  const below = h('div');
  const shown = () => ({ ...model, panels: chosen.all ? model.panels : model.panels.slice(0, PANELS_FIRST) });

  const mark = () => drawn.mark(at, columnsOf(shown()).map(({ rows, level }) => reading(rows[at], level, words)));
  const read = (now) => {
    at = now;
    mark();
    say([time.labels[at], ...columnsOf(shown()).map((panel) => spoken(panel, at, words))].join('. '));
  };
  const draw = () => {
    const { whole, panels } = shown();
    const description = columnsOf({ whole, panels }).map((panel) => described(panel, words)).join('; ');
    drawn = drawTrends({ whole, panels, time, width, ownScales: chosen.ownScales, number: words.number, title: model.title, description });
    clear(slot).append(drawn.svg);
    mark();
  };
  const toggle = () => {
    chosen.all = !chosen.all;
    button.textContent = words(chosen.all ? 'trends.fewer' : 'trends.more', { n: model.panels.length });
    draw();
  };
  const button = h('button', { type: 'button', class: 'button more', onclick: toggle });
  const change = () => {
    model = modelOf(release, chosen, words);
    chosen.all = false;
    button.textContent = words('trends.more', { n: model.panels.length });
    clear(more).append(...(model.panels.length > PANELS_FIRST ? [button] : []));
    clear(below).append(note(model, release, words), periodTable(time, model, page));
    if (width > 0) draw();
  };

  change();
  place.append(controls(views, chosen, change, words), h('figure', null, slot, more,
    periodReader(time, at, read, words),
    page.tools({ release, title: () => model.title, picture: () => drawn.svg, csv: () => csvOf(release, model) }), below));
  fitted(slot, (now) => {
    width = now;
    draw();
  });
}
