// What lists have in common: of two, bars that lie over each other; of many, an UpSet chart and a matrix of pairs.
import { shortCount, unsureNote } from './bars.js';
import { harmless } from './bidi.js';
import { toCsv } from './csv.js';
import { clear, h } from './dom.js';
import { choice } from './filters.js';
import { fitted } from './fit.js';
import { drawMatrix } from './overlap/matrix.js';
import { drawPair } from './overlap/pair.js';
import { arranged, tableView } from './overlap/view.js';
import { drawUpset } from './overlap/upset.js';
import { pagedTable } from './table.js';

const ROWS_FIRST = 20;
const ROWS_DRAWN = 200;
const NAMED = 3;
const FEW = 4; // combinations that are empty or not shown: as many are one line

const queryOf = (raw) => raw.query_id ?? raw.exchange;

/** A picture that is as wide as its place, with its tools and its note below. picture(width) draws it. */
function figure(picture, { page, release, title, csv, note, more, caption }) {
  const slot = h('div', { class: 'drawing' });
  let drawn;
  let width = 0;
  const draw = () => {
    if (width === 0) return;
    drawn = picture(width);
    clear(slot).append(drawn);
  };
  const element = h('figure', null, slot, more, page.tools({ release, title, picture: () => drawn, csv, ...(caption && { caption }) }), note && h('p', { class: 'note' }, note));
  return {
    element,
    draw,
    start: () => fitted(slot, (now) => {
      width = now;
      draw();
    }),
  };
}

/** Two lists. */
function pairOf(place, release, page) {
  const { words } = page;
  const { raw } = release;
  const [own, peer] = raw.lists.map(({ name, dataset, size }) => ({
    name: dataset ? words('overlap.named', { list: harmless(dataset), node: page.nameOf(name) }) : page.nameOf(name),
    size: size || null, // 0: the other did not say
  }));
  const title = words('overlap.title');
  const least = raw.suppression && words('overlap.least', { n: raw.suppression.threshold });
  const size = (list) => (list.size === null ? words('overlap.unknown.size') : words.number(list.size));
  const description = words('overlap.described', { own: own.name, ownSize: size(own), peer: peer.name, peerSize: size(peer), common: raw.common });
  const rows = [[own.name, own.size], [peer.name, peer.size], [words('overlap.on.both'), raw.common]];
  const one = figure((width) => drawPair({
    own, peer, common: raw.common, width, number: words.number, title, description, sharedText: words('overlap.shared', { n: raw.common }),
  }), {
    page, release, title: () => title, note: [words('overlap.note'), least && ` ${least}`],
    caption: () => [...page.caption(release), least].filter(Boolean),
    csv: () => toCsv([['what', 'count', 'threshold', 'status', 'query_id'], ...rows.map(([name, count]) =>
      [name, count, raw.suppression?.threshold ?? null, count === null ? 'unknown' : 'released', queryOf(raw)])]),
  });
  place.append(h('div', { class: 'split' }, one.element, h('table', null, h('caption', null, title),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, words('overlap.list')), h('th', { scope: 'col', class: 'number' }, words('overlap.identifiers')))),
    h('tbody', null, rows.map(([name, count]) => h('tr', null, h('th', { scope: 'row' }, h('bdi', null, name)),
      h('td', { class: 'number' }, count === null ? words('overlap.unknown.size') : words.number(count))))))));
  one.start();
}

const levelOf = ({ noise }) => ({ halfWidth: noise?.half ?? 0, threshold: noise?.threshold ?? 0 });
const countText = (row, view, words) => shortCount(row, levelOf(view), words);

const entry = (names, value, words) => words('upset.entry', { members: names.join(' + '), value });

function upsetCsv({ lists, rows, noise }, raw) {
  const cells = arranged(rows, 'lists', null).map((row) => [
    ...lists.map((_, i) => (row.members.includes(i) ? 1 : 0)),
    row.value, row.value === null ? null : row.low, row.value === null ? null : row.high,
    noise?.half ?? 0, noise?.threshold ?? null, row.value === null ? 'suppressed' : 'released', queryOf(raw),
  ]);
  return toCsv([[...lists.map((list) => list.name), 'count', 'low', 'high', 'half_width', 'threshold', 'status', 'query_id'], ...cells]);
}

function upsetNote(view, release, words) {
  const { rows, noise } = view;
  const hiddenRows = rows.filter((row) => row.value === null).length;
  return [words(noise ? 'upset.note.noisy' : 'upset.note.exact'),
    hiddenRows > 0 && ` ${words('upset.note.hidden', { n: hiddenRows, threshold: noise.threshold })}`,
    noise && ` ${unsureNote(rows, release.raw.suppression.cells, release, levelOf(view), words)}`];
}

// Combinations with nothing to read in them, alike at the end of a table: none, or not shown.
const isBare = (row) => row.value === null || row.value === 0;

/** The rows of the table: what has a count, and one line for all others where they are many. */
function upsetRows(view, { order, only, all }, words) {
  const rows = arranged(view.rows, order, only);
  const cells = (name, row) => [name,
    row.value === null ? h('span', { class: 'suppressed' }, countText(row, view, words)) : countText(row, view, words)];
  const bare = rows.filter(isBare);
  const alike = rows.length > ROWS_FIRST && bare.length >= FEW && bare.length < rows.length && bare.every((row) => row.value === bare[0].value);
  const listed = all || !alike ? rows : rows.filter((row) => !isBare(row));
  return [...listed.map((row) => cells(row.names.join(', '), row)),
    ...(listed === rows ? [] : [cells(words('upset.others', { n: bare.length }), bare[0])])];
}

function upsetTable(view, title, words) {
  const { noise } = view;
  const sub = noise ? words('upset.noisy', { half: noise.half }) : words('upset.exact');
  return pagedTable({
    caption: [title, ' ', h('span', { class: 'sub' }, sub)],
    head: [{ text: words('upset.members') }, { text: words('upset.count'), number: true }],
    rows: (chosen) => upsetRows(view, chosen, words),
    words,
  });
}

/** Many lists. */
function upsetOf(place, release, view, page) {
  const { words, say } = page;
  const chosen = { order: 'count', only: null, all: false };
  const title = words('upset.title');
  const rowsNow = () => arranged(view.rows, chosen.order, chosen.only);
  const described = (shown, rows) => words('upset.described', {
    shown: shown.length, all: rows.length,
    largest: arranged(shown, 'count', null).filter((row) => row.value !== null).slice(0, NAMED)
      .map((row) => entry(row.names, row.value, words)).join('; '),
  });
  const picture = (width) => {
    const rows = rowsNow();
    const shown = rows.slice(0, chosen.all ? ROWS_DRAWN : ROWS_FIRST);
    return drawUpset({ lists: view.lists, rows: shown, width, number: words.number, countText: (row) => countText(row, view, words), title, description: described(shown, rows) });
  };
  const more = h('button', { type: 'button', class: 'button more', onclick: () => {
    chosen.all = !chosen.all;
    change();
  } });
  const one = figure(picture, { page, release, title: () => title, csv: () => upsetCsv(view, release.raw), note: upsetNote(view, release, words), more });
  const table = upsetTable(view, title, words);
  const change = () => {
    const rows = rowsNow();
    more.hidden = rows.length <= ROWS_FIRST;
    more.textContent = chosen.all ? words('upset.fewer') : words('upset.more', { n: rows.length });
    one.draw();
    table.show(chosen);
  };
  const pick = (name, read) => (value) => {
    chosen[name] = read(value);
    change();
    say(described(rowsNow().slice(0, chosen.all ? ROWS_DRAWN : ROWS_FIRST), rowsNow()));
  };
  place.append(h('div', { class: 'filters' },
    choice(words('upset.sort'), [['count', words('upset.sort.count')], ['lists', words('upset.sort.lists')]], 'count', pick('order', String)),
    choice(words('upset.only'), [['', words('all')], ...view.lists.map((list, i) => [i, list.name])], '',
      pick('only', (value) => (value === '' ? null : Number(value))))),
  h('div', { class: 'split' }, one.element, table.element));
  change();
  one.start();
}

/** Each two of many lists, and each alone, where the release has it. */
function pairsOf(place, release, { lists, pairs }, page) {
  const { words } = page;
  const title = words('pairs.title');
  const counts = new Map(pairs.map(({ a, b, value }) => [`${b},${a}`, value]));
  const sorted = [...pairs].sort((x, y) => y.value - x.value);
  const description = words('pairs.described', {
    largest: sorted.slice(0, NAMED).map(({ a, b, value }) => entry([lists[a].name, lists[b].name], value, words)).join('; '),
  });
  const one = figure((width) => drawMatrix({ lists, counts, width, number: words.number, title, description }), {
    page, release, title: () => title, note: words('pairs.note'),
    csv: () => toCsv([['list', 'and_list', 'count', 'half_width', 'threshold', 'status', 'query_id'],
      ...lists.filter(({ total }) => total !== null).map(({ name, total }) => [name, name, total, 0, null, 'released', queryOf(release.raw)]),
      ...sorted.map(({ a, b, value }) => [lists[a].name, lists[b].name, value, 0, null, 'released', queryOf(release.raw)])]),
  });
  const table = pagedTable({
    caption: title,
    head: [{ text: words('pairs.first') }, { text: words('pairs.second') }, { text: words('pairs.count'), number: true }],
    rows: () => sorted.map(({ a, b, value }) => [lists[a].name, lists[b].name, words.number(value)]),
    words,
  });
  table.show();
  const totals = pagedTable({
    caption: words('upset.totals.table'),
    head: [{ text: words('overlap.list') }, { text: words('upset.total'), number: true }],
    rows: () => lists.filter(({ total }) => total !== null).map(({ name, total }) => [name, words.number(total)]),
    words,
  });
  totals.show();
  place.append(h('h3', null, title), h('div', { class: 'split' }, one.element, h('div', null, table.element, totals.element)));
  one.start();
}

/** Draws a release into place. */
export function overlap(place, release, page) {
  if (!release.raw.combinations) {
    pairOf(place, release, page);
    return;
  }
  const view = tableView(release.raw, page.nameOf);
  upsetOf(place, release, view, page);
  if (view.pairs.length > 0) pairsOf(place, release, view, page);
}
