// The privacy budget of each dataset: spent, reserved, left.
import { clear, h, s } from '../dom.js';
import { table, view, when } from './parts.js';

const NANO = 1e9;
const WIDTH = 220;
const HEIGHT = 14;

/** A bar of the cap: solid what is spent, pale what is reserved. The numbers stand beside it. */
function bar(row) {
  const x = (nano) => Math.min(WIDTH, (nano / row.cap_nano) * WIDTH) || 0;
  return s('svg', { class: 'budget', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, 'aria-hidden': 'true' },
    s('rect', { class: 'cap', x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1 }),
    s('rect', { class: 'spent', x: 0, y: 0, width: x(row.spent_nano), height: HEIGHT }),
    s('rect', { class: 'reserved', x: x(row.spent_nano), y: 0, width: x(row.reserved_nano), height: HEIGHT }));
}

function draw(place, rows, words) {
  const epsilon = (name) => ({
    title: words(`live.budget.${name}`), of: (row) => words.number(row[`${name}_nano`] / NANO), number: true,
  });
  const restored = rows.find((row) => row.restored);
  clear(place).append(
    h('p', { class: 'note' }, words('live.budget.meaning')),
    restored ? h('p', { class: 'note' }, words('live.budget.restored', { time: when(words, restored.renews) })) : '',
    table({
      caption: words('live.budgets.caption'),
      none: words('live.budgets.none'),
      columns: [
        { title: words('live.dataset'), of: (row) => row.dataset, head: true },
        { title: words('live.asked.by'), of: (row) => row.peer || words('live.budget.all') },
        { title: words('live.budget.bar'), of: bar },
        epsilon('spent'), epsilon('reserved'), epsilon('left'), epsilon('cap'),
        { title: words('live.budget.renews'), of: (row) => when(words, row.renews) },
      ],
      rows,
    }, words));
}

export const budgets = (place, live) =>
  view(place, live, 'budgets', (into, answer) => draw(into, answer, live.words));
