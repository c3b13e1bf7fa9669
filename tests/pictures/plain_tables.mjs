// The plain tables of a report as the command line must write them: made a second time, from the same words
// (cli/report/words.h) but by other code, so that a fault of one of the two shows.
import { readFileSync } from 'node:fs';

const ALL_CELLS = 200; // levels with more show only what has a count,
const MOST_ROWS = 500; // and of that so many, the largest first
const NANO = 1_000_000_000n;
const COUNTRIES = ['country', 'origin', 'transit', 'destination'];
const KINDS = {
  hotspots: 'HOTSPOTS', routes: 'ROUTES', trends: 'TRENDS', tabulate: 'TABULATE', overlap: 'OVERLAP', 'overlap-table': 'OVERLAP_TABLE',
};

function wordsOf(lang) {
  const source = readFileSync(new URL('../../cli/report/words.h', import.meta.url), 'utf8').replace(/\\\r?\n/g, '');
  const words = {};
  for (const [, name, en, fr] of source.matchAll(/X\((\w+),\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+)\)/g)) {
    words[name] = [...(lang === 'fr' ? fr : en).matchAll(/"([^"]*)"/g)].map((part) => part[1]).join('');
  }
  return words;
}

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/gu;
const REFERENCES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that stays text. */
const html = (text) => String(text).replace(HIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => REFERENCES[character]);
const name = (text) => `<bdi>${html(text)}</bdi>`;
const isWhole = (value) => Number.isInteger(value);
const cell = (content) => `<td>${content}</td>`;
const column = (content) => `<th scope="col">${content}</th>`;
const row = (cells) => `<tr>${cells.join('')}</tr>\n`;

/** Billionths, with as many digits as they need. */
function nano(value) {
  const [whole, rest] = [BigInt(value) / NANO, BigInt(value) % NANO];
  return rest === 0n ? `${whole}` : `${whole}.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
}

/** Numbers of the rows of a table, the largest count first, what is not shown last. */
function ranked(counts) {
  return counts.map((count, at) => ({ count, at }))
    .sort((x, y) => isWhole(y.count) - isWhole(x.count) || (isWhole(x.count) ? y.count - x.count : 0) || x.at - y.at);
}

class Tables {
  constructor(words, node, lang) {
    this.words = words;
    this.node = node;
    this.lang = lang;
  }

  /** A party: the node that made the report is told by its name. */
  party(text) {
    return name(text === 'this node' ? this.node : text);
  }

  strip(result) {
    const { words } = this;
    const item = (word, content) => `<dt>${html(words[word])}</dt><dd>${content}</dd>\n`;
    const named = (word, text) => (text ? item(word, name(text)) : '');
    const { privacy, suppression, cohort, evidence } = result;
    const proven = evidence?.state === 'in-log' && isWhole(evidence.entry);
    return ['<dl>\n',
      named('TYPE', result.type),
      result.asker ? item('ASKED', this.party(result.asker)) : '',
      result.tallier ? item('TALLIER', this.party(result.tallier)) : '',
      item('PURPOSE', html(result.purpose) + (result.basis ? `, ${html(result.basis)}` : '')),
      named('RELEASED', result.released),
      cohort ? item('NODES', `${cohort.included} ${words.OF} ${cohort.asked}`) : '',
      item('NOISE', privacy ? `± ${privacy.half_width} (95 %)` : html(words.EXACT)),
      privacy ? item('EPSILON', `ε ${nano(privacy.epsilon_nano)}`) : '',
      suppression ? item('HIDDEN', `${suppression.suppressed} ${words.OF} ${suppression.cells}: ${words.BELOW} ${suppression.threshold} ${words.OR_NONE}`) : '',
      this.falseCells(suppression),
      named('QUERY', result.query_id),
      named('EXCHANGE', result.exchange),
      item('EVIDENCE', proven ? `${words[evidence.earlier ? 'IN_EARLIER_LOG' : 'IN_LOG']} ${evidence.entry}` : words[evidence?.state === 'wrong' ? 'WRONG' : 'NOT_IN_LOG']),
      '</dl>\n'].join('');
  }

  falseCells(suppression) {
    const { words } = this;
    const expected = BigInt(suppression?.expected_ghosts_per_million ?? 0) * BigInt(suppression?.cells ?? 0);
    if (expected === 0n) return '';
    const thousandths = (expected + 999n) / 1000n;
    const text = `${words.AT_MOST} ${thousandths / 1000n}.${String(thousandths % 1000n).padStart(3, '0')} ${words.EXPECTED}`;
    return `<dt>${html(words.FALSE_CELLS)}</dt><dd>${text}</dd>\n`;
  }

  /** Dataset and period, as far as the result names them. */
  subject(result) {
    const datasets = [...new Set([result.dataset, ...(result.lists ?? []).map((list) => list.dataset)].filter(Boolean))];
    const periods = (result.dimensions ?? []).filter(({ role, codes }) => role === 'time' && codes.length > 0)
      .map(({ codes }) => html(codes[0]) + (codes.length > 1 ? ` ${this.words.TO} ${html(codes.at(-1))}` : ''));
    return [...datasets.map(name), ...periods].map((one) => ` · ${one}`).join('');
  }

  table(caption, columns, rows) {
    return `<table>\n<caption>${caption}</caption>\n<thead><tr>${columns.map(column).join('')}</tr></thead>\n<tbody>\n${rows.map(row).join('')}</tbody>\n</table>\n`;
  }

  count(count, threshold) {
    return cell(isWhole(count) ? count : `&lt; ${threshold} ${this.words.OR_NONE}`);
  }

  rest(rows, hidden) {
    return (rows > 0 ? `<p>${rows} ${this.words.MORE_ROWS}.</p>\n` : '') + (hidden > 0 ? `<p>${hidden} ${this.words.MORE_HIDDEN}.</p>\n` : '');
  }

  level(result, level) {
    const { words } = this;
    const dimensions = level.dimensions.map((id) => result.dimensions.find((dimension) => dimension.id === id));
    const labels = dimensions.map((dimension) => html(dimension.label));
    const released = level.cells.filter(isWhole).length;
    const n = level.cells.length;
    const shown = Math.min(n <= ALL_CELLS ? n : released, MOST_ROWS);
    const codes = (at) => {
      const cells = [];
      let left = at;
      for (const dimension of [...dimensions].reverse()) {
        const i = left % dimension.codes.length;
        left = Math.floor(left / dimension.codes.length);
        const code = dimension.codes[i];
        const known = this.lang !== 'en' && COUNTRIES.includes(dimension.id) && /^[A-Z]{2}$/.test(code);
        cells.unshift(cell(name(dimension.labels[i] || code) + (known ? ` (${code})` : '')));
      }
      return cells;
    };
    const unsure = (count) => (level.half_width > 0 && count - level.half_width < level.threshold ? `; ${words.UNSURE}` : '');
    const unit = { incidents: words.INCIDENTS, persons: words.PERSONS }[result.measure?.unit] ?? words.COUNT;
    const interval = (count) => cell(isWhole(count)
      ? `${Math.max(0, count - level.half_width)} ${words.TO} ${count + level.half_width}${unsure(count)}` : '');
    const rows = ranked(level.cells).slice(0, shown).map(({ count, at }) => [...codes(at), this.count(count, level.threshold), interval(count)]);
    return this.table(labels.join(' × '), [...labels, unit, words.BETWEEN], rows)
      + this.rest(shown < released ? released - shown : 0, shown > released ? 0 : n - released);
  }

  combinations(result) {
    const { words } = this;
    const names = result.lists.map((list) => list.name);
    const shown = Math.min(result.combinations.length, MOST_ROWS);
    const rows = ranked(result.combinations.map((one) => one.count)).slice(0, shown).map(({ count, at }) => [
      ...names.map((list) => cell(words[result.combinations[at].in.includes(list) ? 'ON_LIST' : 'NOT_ON_LIST'])),
      this.count(count, result.suppression?.threshold)]);
    return this.table(words.OVERLAP_TABLE, [...names.map((list) => this.party(list)), name(words.COUNT)], rows)
      + this.rest(result.combinations.length - shown, 0) + this.sums(result);
  }

  sums({ totals, pairs }) {
    const { words } = this;
    if (!totals?.length) return '';
    return this.table(words.TOTALS, [name(words.LIST), name(words.COUNT)], totals.map(({ list, count }) => [cell(this.party(list)), cell(count)]))
      + this.table(words.PAIRS, [name(words.LIST), name(words.LIST), name(words.COUNT)],
        pairs.map(({ lists, count }) => [...lists.map((list) => cell(this.party(list))), cell(count)]));
  }

  common({ lists, common }) {
    const { words } = this;
    return this.table(words.OVERLAP, [words.LIST, words.DATASET, words.SIZE].map(name),
      lists.map((list) => [cell(this.party(list.name)), cell(name(list.dataset)), cell(list.size)])) + `<p>${words.COMMON}: ${common}</p>\n`;
  }

  estimate(estimate) {
    const { words } = this;
    const line = (word, value) => `<tr><th scope="row">${words[word]}</th><td>${value}</td></tr>\n`;
    return `<table>\n<caption>${words.ESTIMATE}</caption>\n<tbody>\n${line('LISTED', estimate.listed)}${line('UNLISTED', estimate.hidden)}`
      + `${line('TOGETHER', estimate.total)}${line('INTERVAL', `${estimate.low} ${words.TO} ${estimate.high}`)}</tbody>\n</table>\n`
      + `<p>${words.HOLDS_IF}:</p>\n<ul>\n${estimate.assumptions.map((text) => `<li>${html(text)}</li>\n`).join('')}</ul>\n`;
  }

  notes(notes) {
    if (!notes?.length) return '';
    return `<h3>${this.words.NOTES}</h3>\n<ul lang="en" dir="ltr">\n${notes.map((text) => `<li>${html(text)}</li>\n`).join('')}</ul>\n`;
  }

  result(report, result) {
    const numbers = result.combinations ? this.combinations(result) : result.common !== undefined ? this.common(result) : '';
    return `<section>\n<h2>${this.words[KINDS[result.kind] ?? 'OTHER']}${this.subject(result)}</h2>\n${this.strip(result)}`
      + `${(result.levels ?? []).map((level) => this.level(result, level)).join('')}${numbers}`
      + `${report.estimates.filter(({ exchange }) => exchange === result.exchange).map((one) => this.estimate(one)).join('')}`
      + `${this.notes(result.notes)}</section>\n`;
  }
}

/** HTML text of all tables of a report. */
export function plainTables(report) {
  const lang = report.lang === 'fr' ? 'fr' : 'en';
  const words = wordsOf(lang);
  const tables = new Tables(words, report.node, lang);
  return `<main lang="${lang}">\n<h1>${name(report.title || words.REPORT)}</h1>\n<p>${name(report.node)} · ${words.MADE} ${html(report.made)}</p>\n<p>${words.PLAIN}</p>\n`
    + `${report.results.map((result) => tables.result(report, result)).join('')}${tables.notes(report.notes)}</main>\n`;
}
