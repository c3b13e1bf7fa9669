// How many are on none of several lists: what a model says, with what it assumes before anything else.
import { toCsv } from './csv.js';
import { clear, h } from './dom.js';
import { drawEstimate } from './estimate/drawing.js';
import { fitted } from './fit.js';

/** A sentence of the command line in the reader's language, where that is known. */
const said = (text, words) => (words.has(`estimate.said.${text}`) ? words(`estimate.said.${text}`) : text);

const rowsOf = (raw, words) => [
  ['listed', words('estimate.row.listed'), raw.listed],
  ['hidden', words('estimate.row.hidden'), raw.hidden],
  ['total', words('estimate.row.total'), raw.total],
  ['low', words('estimate.row.low', { percent: raw.level_percent }), raw.low],
  ['high', words('estimate.row.high', { percent: raw.level_percent }), raw.high],
  ...(raw.suppressed > 0 ? [['suppressed', words('estimate.row.suppressed'), raw.suppressed]] : []),
];

function warning(raw, words) {
  return h('div', { class: 'warning' },
    h('p', null, h('strong', null, words('estimate.warning'))),
    h('ul', null, raw.assumptions.map((text) => h('li', null, said(text, words)))),
    raw.warnings.map((text) => h('p', null, h('strong', null, words('estimate.careful')), ' ', said(text, words))));
}

function table(rows, raw, title, { words, nameOf }) {
  const pairs = raw.interactions.map(([a, b]) => words('estimate.pair', { a: nameOf(a), b: nameOf(b) }));
  return h('table', null, h('caption', null, title),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, words('estimate.what')), h('th', { scope: 'col', class: 'number' }, words('estimate.value')))),
    h('tbody', null, rows.map(([, name, value]) => h('tr', null, h('th', { scope: 'row' }, name), h('td', { class: 'number' }, words.number(value)))),
      h('tr', null, h('td', { colspan: 2 }, words('estimate.depend', { pairs: pairs.join('; ') || words('estimate.none') })))));
}

/** Draws what symbolon estimate --json printed into place; release is that of the counts. */
export function estimate(place, raw, page, release) {
  const { words } = page;
  const title = words('estimate.title');
  const percent = raw.level_percent;
  const values = { listed: raw.listed, hidden: raw.hidden, total: raw.total, low: raw.low, high: raw.high, percent };
  const rows = rowsOf(raw, words);
  const texts = { total: words('estimate.total', values), listed: words('estimate.listed', values), hidden: words('estimate.hidden', values) };
  const slot = h('div', { class: 'drawing' });
  let drawn;
  const csv = () => toCsv([['what', 'number', 'level_percent', 'query_id'],
    ...rows.map(([what, , value]) => [what, value, percent, release.raw.query_id ?? raw.exchange])]);
  const caption = () => [...page.caption(release), words('estimate.warning'), ...raw.assumptions.map((text) => `${said(text, words)};`)];
  place.append(h('h3', null, title), h('div', { class: 'split' },
    h('figure', null, slot, page.tools({ release, title: () => title, picture: () => drawn, csv, caption }), warning(raw, words)),
    table(rows, raw, title, page)));
  fitted(slot, (width) => {
    drawn = drawEstimate({ ...raw, width, number: words.number, texts, title, description: words('estimate.described', values) });
    clear(slot).append(drawn);
  });
}
