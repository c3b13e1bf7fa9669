// A ranked table with bars: what the picture shows, as text. It begins short; all of it comes in pages, because
// a table of a hundred thousand rows would hold the browser up for minutes.
import { bar, countCell, greatestOf } from './bars.js';
import { clear, h, name } from './dom.js';

const BRIEF = 18;
const PAGE = 200;
const KEYS = { ArrowDown: 1, ArrowUp: -1 };

function moveFocus(event) {
  const buttons = [...event.currentTarget.querySelectorAll('tbody button')];
  const at = buttons.indexOf(event.target);
  if (at < 0) return;
  const wanted = { Home: 0, End: buttons.length - 1 }[event.key] ?? at + (KEYS[event.key] ?? NaN);
  if (!buttons[wanted]) return;
  event.preventDefault();
  buttons[wanted].focus();
}

/**
 * options: {words, heads: [name of the thing, name of the count], choose(row)}; without choose, names are no buttons.
 * Returns {element, update({title, sub, rows, level}), mark(key)}; rows have {key, label} and a cell, ranked.
 */
export function ranking({ words, heads, choose }) {
  let shown = null;
  let chosen = null;
  let from = 0;
  let brief = true;
  const element = h('div', { class: 'ranking', onkeydown: moveFocus });

  const nameOf = (row) => (choose
    ? h('button', { type: 'button', class: 'name', 'data-key': row.key, 'aria-pressed': String(row.key === chosen),
      onclick: () => choose(row) }, name(row.label))
    : name(row.label));

  const rowOf = (greatest) => (row) =>
    h('tr', { class: row.key === chosen ? 'chosen' : null, 'data-row': row.key },
      h('th', { scope: 'row' }, nameOf(row)),
      countCell(row, shown.level, words),
      h('td', { class: 'bars' }, bar(row, greatest)));

  function go(next) {
    from = next;
    draw();
    element.querySelector('tbody button')?.focus();
  }

  function pager(n) {
    if (n <= BRIEF) return null;
    const toggle = h('button', { type: 'button', class: 'button more', 'aria-expanded': String(!brief),
      onclick: () => {
        brief = !brief;
        from = 0;
        draw();
        element.querySelector('.more').focus();
      } }, brief ? words('table.show.all', { n }) : words('table.show.fewer'));
    if (brief || n <= PAGE) return h('p', { class: 'pager' }, toggle);
    const step = (word, next) => h('button', { type: 'button', class: 'button', disabled: next < 0 || next >= n,
      onclick: () => go(next) }, words(word));
    return h('p', { class: 'pager' }, step('table.previous', from - PAGE), step('table.next', from + PAGE),
      h('span', null, words('table.page', { first: from + 1, last: Math.min(n, from + PAGE), n })), toggle);
  }

  function draw() {
    const { title, sub, rows } = shown;
    const greatest = greatestOf(rows);
    const visible = brief ? rows.slice(0, BRIEF) : rows.slice(from, from + PAGE);
    clear(element).append(
      h('table', null,
        h('caption', null, title, ' ', h('span', { class: 'sub' }, sub)),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, heads[0]),
          h('th', { scope: 'col', class: 'number' }, heads[1]), h('td', null))),
        h('tbody', null, visible.map(rowOf(greatest)))),
      pager(rows.length) ?? '');
  }

  return {
    element,
    update(next) {
      shown = next;
      if (from >= next.rows.length) from = 0;
      draw();
    },
    /** Says which row is chosen without drawing anew: the focus stays where it is. */
    mark(key) {
      chosen = key;
      for (const row of element.querySelectorAll('tbody tr')) {
        const on = row.dataset.row === String(key);
        row.classList.toggle('chosen', on);
        row.querySelector('button')?.setAttribute('aria-pressed', String(on));
      }
    },
  };
}
