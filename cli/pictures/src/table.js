// A table of as many rows as there are, shown two hundred at a time.
import { clear, h, name } from './dom.js';

const PAGE = 200;

/**
 * {element, show}. caption: text or children; head: [{text, number}]; rows(chosen) gives arrays of cells, the first
 * of which names its row. show(chosen) fills it, from the beginning.
 */
export function pagedTable({ caption, head, rows, words }) {
  const body = h('tbody');
  const bar = h('div', { class: 'tools' });
  let all = [];
  let first = 0;
  const cell = (content, i) => (i === 0 ? h('th', { scope: 'row' }, name(content)) : h('td', { class: head[i].number ? 'number' : null }, content));
  const turn = (by) => h('button', {
    type: 'button', class: 'button', disabled: by < 0 ? first === 0 : first + PAGE >= all.length,
    onclick: () => {
      first += by;
      fill();
    },
  }, words(by < 0 ? 'table.previous' : 'table.next'));
  const fill = () => {
    clear(body).append(...all.slice(first, first + PAGE).map((row) => h('tr', null, row.map(cell))));
    clear(bar);
    if (all.length <= PAGE) return;
    bar.append(turn(-PAGE), turn(PAGE),
      h('span', null, words('table.page', { first: first + 1, last: Math.min(first + PAGE, all.length), n: all.length })));
  };
  const element = h('div', { class: 'table' }, h('table', null, h('caption', null, caption),
    h('thead', null, h('tr', null, head.map(({ text, number }) => h('th', { scope: 'col', class: number ? 'number' : null }, text)))), body), bar);
  return {
    element,
    show(chosen) {
      all = rows(chosen);
      first = 0;
      fill();
    },
  };
}
