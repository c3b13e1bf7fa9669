// What partners may ask; all else is denied.
import { clear } from '../dom.js';
import { coded, table, view, when } from './parts.js';

const MICRO = 1e6;

const limits = (words, row) => words('live.grant.size', { least: row.min_size, most: row.max_size });

const budget = (words, row) => {
  if (row.epsilon_micro > 0) return words.number(row.epsilon_micro / MICRO);
  return row.kind === 'tabulate' ? words('live.grant.dataset') : null;
};

function draw(place, rows, words) {
  clear(place).append(table({
    caption: words('live.grants.caption'),
    none: words('live.grants.none'),
    columns: [
      { title: words('live.peer'), of: (row) => row.peer, head: true },
      { title: words('live.dataset'), of: (row) => row.dataset },
      { title: words('live.kind'), of: (row) => coded(words, 'kind', row.kind) },
      { title: words('live.approval'), of: (row) => words(row.approval ? 'live.approval.each' : 'live.approval.none') },
      { title: words('live.size'), of: (row) => limits(words, row), number: true },
      { title: words('live.asked.today'), of: (row) => words('live.of', { n: row.asked, most: row.per_day }), number: true },
      { title: words('live.min.result'), of: (row) => words.number(row.min_result), number: true },
      { title: words('live.epsilon'), of: (row) => budget(words, row), number: true },
      { title: words('live.purposes'), of: (row) => row.purposes?.map((purpose) => coded(words, 'purpose', purpose)).join(', ') },
      { title: words('live.expires'), of: (row) => (row.expires ? when(words, row.expires) : words('live.never')) },
      { title: words('live.granted.by'), of: (row) => row.added_by },
    ],
    rows,
  }, words));
}

export const grants = (place, live) =>
  view(place, live, 'grants', (into, answer) => draw(into, answer, live.words));
