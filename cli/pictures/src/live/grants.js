// What partners may ask; all else is denied.
import { clear } from '../dom.js';
import { coded, table, view, when } from './parts.js';

const NANO = 1e9;

/** With a tabulation the peer brings no list. */
const limits = (words, row) =>
  (row.kind === 'tabulate' ? null : words('live.grant.size', { least: row.min_size, most: row.max_size }));

/** Of what is released with noise; 0 is the dataset's. */
const budget = (words, row) => {
  if (row.kind !== 'tabulate' && !row.modes.includes('dp')) return null;
  return row.epsilon_nano > 0 ? words.number(row.epsilon_nano / NANO) : words('live.grant.dataset');
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
