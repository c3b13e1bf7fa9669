// Where a figure comes from and how far it can be trusted: as a strip above it, and as lines that travel in
// every picture that leaves the page.
import { harmless, isolated } from './bidi.js';
import { falseText } from './bars.js';
import { h } from './dom.js';
import { falseCells } from './result.js';

const NANO = 1e9;
const QUERY_DIGITS = 12;

function evidenceText(raw, words) {
  const found = raw.evidence?.state ?? 'unknown';
  const state = found === 'in-log' && raw.evidence.earlier ? 'in-earlier-log' : found;
  const key = words.has(`evidence.${state}`) ? `evidence.${state}` : 'evidence.unknown';
  return words(key, { entry: raw.evidence?.entry ?? '' });
}

function evidenceItem(raw, words) {
  const state = raw.evidence?.state;
  const mood = { 'in-log': 'good', wrong: 'bad' }[state] ?? null;
  const cosigned = raw.evidence?.cosignatures;
  return h('span', { class: mood, title: cosigned ? words('evidence.cosigned', { n: cosigned }) : null },
    evidenceText(raw, words));
}

function noiseText(privacy, words) {
  if (!privacy) return words('provenance.noise.none');
  return words('provenance.noise.value', { half: privacy.half_width, percent: privacy.confidence_permille / 10 });
}

// How many; or that all are there: "0 of 13: below 13 or none" reads as if something were missing.
function hiddenText(suppression, words) {
  return words(suppression.suppressed > 0 ? 'provenance.hidden.value' : 'provenance.hidden.none', suppression);
}

function epsilonText(privacy, words) {
  return words('provenance.epsilon.value',
    { one: privacy.epsilon_nano / NANO, three: privacy.epsilon_if_held_by_3_nano / NANO });
}

// What the command line calls the node that wrote the result.
const SELF = 'this node';

/** Who "this node" is, for a reader elsewhere; other names stay. */
export const namedFor = (name, node) => harmless(name === SELF && node ? node : name);

// A purpose, a basis or a type of identifier, which travel as short codes.
const term = (kind, raw, words) => (words.has(`${kind}.${raw[kind]}`) ? words(`${kind}.${raw[kind]}`) : harmless(raw[kind]));

const mayBeFalse = ({ suppression }) => suppression && falseCells(suppression, suppression.cells) > 0;

/** Which data a result is of: "incidents · 2014 to 2026"; as far as it says so. */
export function subjectOf(raw, words) {
  const datasets = [raw.dataset, ...(raw.lists ?? []).map((list) => list.dataset)].filter(Boolean);
  const periods = (raw.dimensions ?? []).filter(({ role, codes }) => role === 'time' && codes.length > 0)
    .map(({ codes }) => (codes.length > 1 ? words('page.period', { first: codes[0], last: codes.at(-1) }) : codes[0]));
  return [...[...new Set(datasets)].map((name) => isolated(harmless(name))), ...periods].join(' · ');
}

// [word, value] of what the result says of itself; results of other kinds say less.
function items(raw, words, node) {
  return [
    raw.cohort && ['nodes', words('provenance.nodes.of', raw.cohort)],
    ['noise', noiseText(raw.privacy, words)],
    raw.suppression && raw.suppression.cells > 0 && ['hidden', hiddenText(raw.suppression, words)],
    mayBeFalse(raw) && ['false', words('provenance.false.value', { ghosts: falseText(raw.suppression, raw.suppression.cells, words) })],
    raw.privacy && ['epsilon', epsilonText(raw.privacy, words)],
    raw.type && ['type', term('type', raw, words)],
    raw.asker && ['asked', namedFor(raw.asker, node)],
    raw.tallier && ['tallier', namedFor(raw.tallier, node)],
    raw.purpose && ['purpose', `${term('purpose', raw, words)}, ${term('basis', raw, words)}`],
    raw.released && ['released', words.day(raw.released)],
    ['evidence', evidenceItem(raw, words)],
  ].filter(Boolean);
}

/** The strip above a figure; node: the name of the one that the report comes from. */
export function provenance(release, words, node) {
  return h('dl', { class: 'provenance' }, items(release.raw, words, node).map(([word, value]) =>
    h('div', null, h('dt', null, words(`provenance.${word}`)), h('dd', null, value))));
}

/** Sentences for below a picture. */
export function captionOf(release, words, node) {
  const { raw } = release;
  const subject = subjectOf(raw, words);
  const lines = subject ? [words('caption.subject', { subject })] : [];
  if (raw.privacy && raw.suppression) {
    lines.push(words('caption.counts', {
      half: raw.privacy.half_width, percent: raw.privacy.confidence_permille / 10, ...raw.suppression,
    }));
  }
  if (mayBeFalse(raw)) lines.push(words('caption.false', { ghosts: falseText(raw.suppression, raw.suppression.cells, words) }));
  if (raw.cohort) {
    lines.push(words('caption.who', {
      ...raw.cohort,
      released: words.day(raw.released),
      purpose: term('purpose', raw, words),
      epsilon: raw.privacy ? raw.privacy.epsilon_nano / NANO : '–',
    }));
  }
  if (raw.type) lines.push(words('caption.type', { type: term('type', raw, words) }));
  if (raw.asker) lines.push(words('caption.asked', { asker: namedFor(raw.asker, node) }));
  if (raw.tallier) lines.push(words('caption.tallier', { tallier: namedFor(raw.tallier, node) }));
  const query = (raw.query_id ?? raw.table ?? raw.exchange ?? '').slice(0, QUERY_DIGITS);
  lines.push(words('caption.evidence', { query, evidence: evidenceText(raw, words) }));
  return lines;
}
