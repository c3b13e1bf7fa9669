// What several views use: tables, lists of facts, words for codes, and looking again without losing one's place.
import { clear, h, name } from '../dom.js';

const ROWS = 200;
const SHORT = 32; // a text that stays in one line
export const ID_DIGITS = 12;

/** The word for a code of the node: 'state.done'; a code without a word stands for itself. */
export const coded = (words, group, code) =>
  (words.has(`${group}.${code}`) ? words(`${group}.${code}`) : code || '–');

export const when = (words, time) => (time ? words.date(time) : '–');

const KIB = 1024;
/** Bytes as people read them; nothing for none. */
export function size(words, bytes) {
  if (!bytes) return '';
  return bytes < KIB * KIB ? words('live.kib', { n: Math.ceil(bytes / KIB) })
    : words('live.mib', { n: Math.round(bytes / (KIB * KIB)) });
}

const listed = (words, roles, type) =>
  new Intl.ListFormat(words.lang, { type }).format(roles.map((role) => coded(words, 'user', role)));

/** May the user who started the page ask for this? what: a name of `for` of GET /api/session. */
export const may = ({ who }, what) => who.for[what].some((role) => who.roles.includes(role));

/** Why the page does not ask for it: each refusal would be an entry in the evidence log. */
export function shut({ who, words }, what, key = 'live.shut') {
  return h('p', { class: 'shut' }, words(key, {
    user: who.user, roles: listed(words, who.for[what], 'disjunction'), mine: listed(words, who.roles, 'conjunction'),
  }));
}

/** Sign and word: nobody has to see the colour. */
export function verdict(words, good, key) {
  return h('span', { class: good ? 'good' : 'bad' }, good ? '✓ ' : '✗ ', words(key));
}

/** [[name, value], …] */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, value]) =>
    h('div', null, h('dt', null, name), h('dd', null, value))));
}

const cell = (column, row) => {
  const value = column.of(row);
  const nothing = value === null || value === undefined || value === '' || value === false;
  const shown = nothing ? '–' : typeof value === 'string' ? name(value) : value;
  const kind = column.number ? 'number' : column.long ? 'long' : typeof value === 'string' && value.length <= SHORT ? 'short' : null;
  return column.head ? h('th', { scope: 'row' }, shown)
    : h('td', { class: kind }, shown);
};

/**
 * columns: [{title, of: (row) => text or element, number, head, long: may break anywhere}]; rows beyond a page are a button away.
 * A table that is wider than the page can be scrolled, also by keyboard.
 */
export function table({ caption, columns, rows, none }, words) {
  if (rows.length === 0) return h('p', { class: 'note' }, none);
  let first = 0;
  const body = h('tbody');
  const pager = h('div', { class: 'tools' });
  const fill = () => {
    clear(body).append(...rows.slice(first, first + ROWS).map((row) =>
      h('tr', { 'data-row': row.id ?? null }, columns.map((column) => cell(column, row)))));
    if (rows.length <= ROWS) return;
    const turn = (by, key) => h('button', {
      type: 'button', class: 'button', disabled: first + by < 0 || first + by >= rows.length,
      onclick: () => { first += by; fill(); },
    }, words(key));
    clear(pager).append(turn(-ROWS, 'table.previous'),
      h('span', null, words('table.page', { first: first + 1, last: Math.min(first + ROWS, rows.length), n: rows.length })),
      turn(ROWS, 'table.next'));
  };
  fill();
  return h('div', null,
    h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': caption },
      h('table', { class: 'listing' }, h('caption', null, caption),
        h('thead', null, h('tr', null, columns.map((column) =>
          h('th', { scope: 'col', class: column.number ? 'number' : null }, column.title)))), body)),
    pager);
}

// What has the focus, by what names it, so that it is found again in what replaces it.
function focused(place) {
  const element = document.activeElement;
  if (!element || !place.contains(element)) return null;
  return element.id ? `#${CSS.escape(element.id)}` : null;
}

/**
 * How to look again: asks for path, and draws only what has changed. Who may not see it is told why, once.
 * draw(place, answer, before): before is the answer drawn last, or null.
 */
export function looker(place, live, path, draw) {
  let last = null;
  let before = null;
  let refused = false;
  return async () => {
    if (refused) return; // Asked again, it would be entered into the log again.
    let answer;
    try {
      answer = await live.api.get(typeof path === 'function' ? path() : path);
    } catch (error) {
      if (live.api.isGone() || error.message === last) return;
      refused = error.status === 403;
      last = error.message;
      before = null;
      clear(place).append(h('p', { class: 'problem' }, error.message));
      return;
    }
    const text = JSON.stringify(answer);
    if (text === last) return;
    last = text;
    const at = focused(place);
    draw(place, answer, before);
    before = answer;
    if (at) place.querySelector(at)?.focus();
  };
}

/** A whole view that is one answer. */
export async function view(place, live, path, draw) {
  const again = looker(place, live, path, draw);
  await again();
  return again;
}

/** Where it is said why something did not work. */
export const problemLine = () => h('p', { class: 'problem', role: 'alert' });

/** A button whose work takes a while, and may be refused; why stands in problem. */
export function worker(label, live, work, problem, attributes = {}) {
  const button = h('button', { type: 'button', class: 'button', ...attributes }, label);
  button.addEventListener('click', async () => {
    button.setAttribute('aria-busy', 'true');
    button.disabled = true;
    problem.textContent = '';
    try {
      await work();
    } catch (error) {
      if (!live.api.isGone()) problem.textContent = error.message;
    }
    button.removeAttribute('aria-busy');
    if (!live.api.isGone()) button.disabled = false;
    if (button.isConnected && document.activeElement === document.body) button.focus();
  });
  return button;
}
