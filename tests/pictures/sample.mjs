// Reports to test with. Every count in them is planted: divided by nine it leaves one, and so do the bounds of its
// interval, because half widths are multiples of nine. A sum of two to nine of them, or a difference, does not, and
// is told from a number that was released wherever it turns up on the page.

/** A small generator with a seed: the same report in every run. Returns whole numbers from low to high. */
function numbersFrom(seed) {
  let state = seed;
  return (low, high) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + (((t ^ (t >>> 14)) >>> 0) % (high - low + 1));
  };
}

/** The planted number next to this one. */
const planting = (number) => 9 * Math.round((number - 1) / 9) + 1;
export const isPlanted = (number) => number % 9 === 1;

const COUNTRIES = [
  ['LY', 'Libya', 17.2, 26.3], ['ES', 'Spain', -3.7, 40.4], ['NE', 'Niger', 8.1, 17.6], ['SD', 'Sudan', 30.2, 12.9],
  ['DZ', 'Algeria', 2.6, 28.0], ['GR', 'Greece', 22.0, 39.1], ['MA', 'Morocco', -7.1, 31.8], ['TR', 'Turkey', 35.2, 39.0],
  ['TN', 'Tunisia', 9.5, 33.9], ['IT', 'Italy', 12.6, 41.9], ['FR', 'France', 2.2, 46.2], ['EG', 'Egypt', 30.8, 26.8],
  ['SY', 'Syria', 38.5, 35.0], ['ML', 'Mali', -4.0, 17.6], ['RS', 'Serbia', 20.9, 44.0], ['MT', 'Malta', 14.4, 35.9],
  ['TD', 'Chad', 18.7, 15.4], ['BY', 'Belarus', 27.9, 53.7],
];
const TYPES = [
  ['drowning', 'Drowning'], ['transport', 'Hazardous transport'], ['exposure', 'Exposure, no food or water'],
  ['violence', 'Violence'], ['sickness', 'Sickness, no care'], ['mixed', 'Mixed, other or unknown'],
];

const places = (id, role, rows, more = []) => ({
  id, label: id[0].toUpperCase() + id.slice(1), role,
  codes: [...rows.map((row) => row[0]), ...more.map((row) => row[0])],
  labels: [...rows.map((row) => row[1]), ...more.map((row) => row[1])],
  points: [...rows.map((row) => [row[2] * 1e6, row[3] * 1e6].map(Math.round)), ...more.map(() => null)],
});
const categories = (id, role, rows) =>
  ({ id, label: id[0].toUpperCase() + id.slice(1), role, codes: rows.map((row) => row[0]), labels: rows.map((row) => row[1]), points: [] });
const periods = (id, codes) => categories(id, 'time', codes.map((code) => [code, code]));
const years = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
const quarters = (first, last) => years(first, last).flatMap((year) => [1, 2, 3, 4].map((q) => `${year}-Q${q}`));
const cellsOf = (dimensions) => dimensions.reduce((product, dimension) => product * dimension.codes.length, 1);

/** A level whose cells are drawn; draw(offset) is a count, or null for one that was suppressed. */
const level = (dimensions, halfWidth, threshold, draw) => ({
  dimensions: dimensions.map((dimension) => dimension.id),
  half_width: halfWidth,
  threshold,
  cells: Array.from({ length: cellsOf(dimensions) }, (_, i) => {
    const count = draw(i);
    return count === null ? null : Math.max(planting(threshold + 4), planting(count));
  }),
});

const cohort = (aliases, included) => ({
  asked: aliases.length, included, threshold: included,
  members: aliases.map((alias, i) => ({ id: `${i}d`.repeat(32), alias, self: i === 0, included: i < included })),
});

function released(kind, seed, dimensions, levels) {
  const cells = levels.flatMap((one) => one.cells);
  const id = (digit) => (digit + kind.length.toString(16)).repeat(16);
  return {
    format: 'symbolon-release/1', kind, exchange: id('a'), query_id: id('9'), released: '2026-11-20T08:15:00Z',
    purpose: 'statistics', basis: 'public-task', dataset: 'incidents', measure: { unit: 'incidents', cells_per_incident: levels.length },
    cohort: cohort(['bank-a', 'bank-b', 'police', 'ngo-north', 'ngo-south', 'agency'], 5),
    privacy: {
      epsilon_nano: 1500000000, epsilon_if_held_by_3_nano: 4500000000,
      noise: { distribution: 'discrete-laplace-shares', scale_milli: 667 }, confidence_permille: 950, half_width: levels[0].half_width,
    },
    suppression: {
      threshold: levels[0].threshold, cells: cells.length, suppressed: cells.filter((cell) => cell === null).length,
      expected_ghosts_per_million: 40,
    },
    dimensions, levels,
    evidence: {
      log: 'symbolon/bank-a', entry: 4711, checkpoint_size: 4802, cosignatures: 2, state: 'in-log', checked: '2026-11-20T09:00:00Z',
    },
    notes: ['Counts are of incidents, not of people.'],
  };
}

function hotspots(seed, size) {
  const draw = numbersFrom(seed);
  const country = places('country', 'place', COUNTRIES.slice(0, size.countries), [['unknown', 'Not recorded']]);
  const year = periods('year', years(size.year, 2023));
  const type = categories('exploitation', 'category', TYPES);
  const some = (low, high, oneIn) => () => (draw(1, oneIn) === 1 ? null : draw(low, high));
  return released('hotspots', seed, [country, year, type], [
    level([country], 27, 41, (i) => (i % 6 === 5 ? null : draw(100, 1900))),
    level([country, year], 9, 14, some(15, 390, 4)),
    level([country, year, type], 18, 23, some(28, 90, 2)),
  ]);
}

function routes(seed, size) {
  const draw = numbersFrom(seed);
  const origin = places('origin', 'origin', COUNTRIES.slice(0, size.countries), [['unknown', 'Not recorded']]);
  const destination = places('destination', 'destination', COUNTRIES.slice(0, 12));
  return released('routes', seed, [origin, destination], [
    level([origin, destination], 9, 14, () => (draw(1, 9) === 1 ? draw(15, 240) : null)),
  ]);
}

function trends(seed, size) {
  const draw = numbersFrom(seed);
  const quarter = periods('quarter', quarters(size.quarter, 2025));
  const type = categories('exploitation', 'category', TYPES);
  const wave = (i) => 30 + Math.round(60 * Math.sin(i / 7) ** 2);
  return released('trends', seed, [quarter, type], [
    level([quarter], 18, 28, (i) => (i % 11 === 3 ? null : wave(i) * 3 + draw(0, 60))),
    level([quarter, type], 9, 14, (i) => {
      const busy = [1, 0.3, 0.4, 0.25, 0.2, 0.6][i % 6];
      const count = Math.round(wave(i / 6) * busy) + draw(0, 14) - 7;
      return count < 15 ? null : count;
    }),
  ]);
}

const LISTS = ['Local authority', 'Non-government', 'Police force', 'Government org.', 'General public', 'National Crime Agency'];

/** 25 combinations of six lists, as published; or each of them with noise. */
function overlapTable(seed, mode) {
  const draw = numbersFrom(seed);
  const published = [[0], [1], [2], [3], [4], [5], [0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [1, 4], [1, 5], [2, 3], [2, 4], [2, 5],
    [3, 4], [3, 5], [4, 5], [0, 1, 2], [0, 1, 3], [1, 2, 3], [1, 2, 5], [2, 3, 5], [0, 1, 2, 3]];
  const noisy = mode === 'dp';
  const combinations = published.map((members, i) => ({
    in: members.map((m) => LISTS[m]), count: noisy && i % 3 === 2 ? null : planting(draw(members.length > 1 ? 20 : 120, members.length > 1 ? 95 : 990)),
  }));
  return {
    format: 'symbolon-release/1', kind: 'overlap-table', exchange: (noisy ? 'd1' : 'e1').repeat(16), query_id: (noisy ? 'd7' : 'e7').repeat(16),
    table: (noisy ? 'd7' : 'e7').repeat(16), dataset: 'victims', type: 'name_dob', mode, purpose: 'safeguarding', basis: 'vital-interest',
    asker: 'bank-a', tallier: 'agency', released: '2026-11-21T10:30:00Z', measure: { unit: 'records', cells_per_incident: 1 },
    cohort: cohort(['bank-a', 'bank-b', 'police', 'ngo-north', 'ngo-south', 'ngo-west'], 6),
    lists: LISTS.map((name, i) => ({ name, id: `${i}c`.repeat(32), announced: planting(draw(1000, 1900)) })),
    combinations,
    ...(noisy ? {
      privacy: {
        epsilon_nano: 1000000000, epsilon_if_held_by_3_nano: 3000000000,
        noise: { distribution: 'discrete-laplace-shares', scale_milli: 1000 }, confidence_permille: 950, half_width: 9,
      },
      suppression: { threshold: 14, cells: 63, suppressed: 46, expected_ghosts_per_million: 31 },
    } : {
      privacy: null,
      suppression: null,
      totals: LISTS.map((name) => ({ list: name, count: planting(draw(1100, 1990)) })),
      pairs: LISTS.flatMap((a, i) => LISTS.slice(i + 1).map((b) => ({ lists: [a, b], count: planting(draw(70, 330)) }))),
    }),
    evidence: { log: 'symbolon/bank-a', earlier: true, entry: 4799, checkpoint_size: 4802, cosignatures: 2, state: 'in-log', checked: '2026-11-21T11:00:00Z' },
    notes: [],
  };
}

function overlap() {
  return {
    format: 'symbolon-release/1', kind: 'overlap', exchange: 'f1'.repeat(16), released: '2026-11-21T12:30:00Z', purpose: 'aml', basis: 'legitimate-interest',
    query_id: null, asker: 'this node', type: 'iban', measure: { unit: 'identifiers', cells_per_incident: 1 },
    cohort: cohort(['bank-a', 'bank-b'], 2), privacy: null,
    suppression: { threshold: 20, cells: 1, suppressed: 0, expected_ghosts_per_million: 0 },
    lists: [{ name: 'bank-a', dataset: 'suspects', size: 2674 }, { name: 'bank-b', dataset: 'this node', size: 1846 }],
    common: 415,
    evidence: { log: 'symbolon/bank-a', entry: 4801, checkpoint_size: 4802, cosignatures: 1, state: 'in-log', checked: '2026-11-21T12:31:00Z' }, notes: [],
  };
}

const estimate = (exchange) => ({
  exchange, lists: LISTS, listed: 2746, hidden: 8974, total: 11863, low: 10270, high: 13384, level_percent: 95, suppressed: 0,
  interactions: [[LISTS[0], LISTS[1]], [LISTS[2], LISTS[3]]], aic: '137.902114', deviance: '48.31002', degrees_of_freedom: 51,
  assumptions: [
    'nobody enters or leaves the population while the lists are kept, and all lists mean the same one',
    'one record is one person, and the same person is recognised on every list',
    'anybody of the population could come to be on any list, and all alike',
    'lists depend on each other in pairs at most; which pairs do was chosen from these counts, and the interval does not contain the uncertainty of that choice',
  ],
  warnings: ['suppressed counts are only known to be small: the interval allows for that as well'],
});

const report = (results, estimates = [], lang = 'en') => ({
  format: 'symbolon-report/1', lang, made: '2026-11-22T15:40:00Z', node: 'bank-a', results, estimates, notes: ['A report for tests.'],
});

const WHOLE = { countries: COUNTRIES.length, year: 2019, quarter: 2014 };
/** A few rows of everything, where more of the same would show nothing else. */
export const BRIEF = { countries: 6, year: 2022, quarter: 2024 };

/** One figure of each kind. size: from when on the results are, and of how many countries. */
export function planted(lang = 'en', size = WHOLE) {
  const table = overlapTable(5, 'exact');
  return report([hotspots(1, size), routes(2, size), trends(3, size), overlap(), table, overlapTable(6, 'dp')], [estimate(table.exchange)], lang);
}

/** Only these kinds of results of a report: without maps a page is there five times as fast. */
export const only = (report, ...kinds) => ({ ...report, results: report.results.filter(({ kind }) => kinds.includes(kind)) });

/** 10^5 cells in one result: all countries there are, ten years, 42 types. */
export function large() {
  const draw = numbersFrom(9);
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const codes = letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => names.of(code)).slice(0, 240);
  const country = places('country', 'place', codes.map((code) => [code, names.of(code), draw(-170, 170), draw(-50, 70)]));
  const year = periods('year', years(2014, 2023));
  const type = categories('exploitation', 'category', Array.from({ length: 42 }, (_, i) => [`t${i}`, `Type ${letters[i % 26]}${letters[Math.floor(i / 26)]}`]));
  const some = (low, high, oneIn) => () => (draw(1, oneIn) === 1 ? null : draw(low, high));
  return report([released('hotspots', 9, [country, year, type], [
    level([country], 27, 41, some(36, 9000, 5)), level([country, year], 7, 13, some(13, 900, 3)),
    level([country, year, type], 4, 9, some(9, 90, 2)),
  ])]);
}

/** Words of a partner that want to be more than text. */
export const HOSTILE = [
  '</script><script>window.taken=1</script>', '<img src=x onerror="window.taken=1">', '"><svg onload=window.taken=1>',
  '=HYPERLINK("http://x.invalid","y")', '@SUM(1)', '+1+1', '-2+3', '\t=1+1', '&lt;b&gt;', '\u202Ehidden\u202C', '<!--<script>', '{value} $& $1',
];

/** The same report with hostile words wherever a partner or a file has a say. */
export function hostile() {
  const made = planted();
  made.node = HOSTILE[0];
  made.notes = [HOSTILE[1], HOSTILE[10]];
  made.results.forEach((result) => {
    result.notes = [HOSTILE[2]];
    result.dimensions?.forEach((dimension) => {
      dimension.label = HOSTILE[1];
      dimension.codes = dimension.codes.map((code, i) => (dimension.role === 'category' ? HOSTILE[i % HOSTILE.length] : code));
      dimension.labels = dimension.labels.map((_, i) => HOSTILE[i % HOSTILE.length] + (i < HOSTILE.length ? '' : ` ${i}`));
    });
  });
  const [, , , pair, table] = made.results;
  pair.lists.forEach((list, i) => Object.assign(list, { name: HOSTILE[i], dataset: HOSTILE[3 + i] }));
  const renamed = new Map(table.lists.map((list, i) => [list.name, HOSTILE[i]]));
  table.lists.forEach((list) => { list.name = renamed.get(list.name); });
  table.combinations.forEach((one) => { one.in = one.in.map((name) => renamed.get(name)); });
  table.totals.forEach((one) => { one.list = renamed.get(one.list); });
  Object.assign(table, { type: HOSTILE[6], tallier: HOSTILE[9] });
  table.pairs.forEach((one) => { one.lists = one.lists.map((name) => renamed.get(name)); });
  Object.assign(made.estimates[0], { assumptions: [HOSTILE[0]], warnings: [HOSTILE[1]] });
  return made;
}
