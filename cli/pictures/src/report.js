// A report (symbolon-report/1) as a page: a head, and a section for each result with the figure of its kind.
import { harmless } from './bidi.js';
import { h, name } from './dom.js';
import { estimate } from './estimate.js';
import { hotspots } from './hotspots.js';
import { overlap } from './overlap.js';
import { captionOf, namedFor, provenance, subjectOf } from './provenance.js';
import { Release } from './result.js';
import { routes } from './routes.js';
import { tools } from './tools.js';
import { trends } from './trends.js';

// What draws which kind: draw(place, release, page).
const FIGURES = { hotspots, routes, trends, tabulate: hotspots, overlap, 'overlap-table': overlap };

/**
 * What figures get besides their release. say(text) tells those who cannot see it; releases: all of the page; node:
 * the one that it comes from.
 */
export function makePage(words, say) {
  const page = { words, say, releases: [], node: null };
  page.nameOf = (name) => namedFor(name, page.node);
  page.provenance = (release) => provenance(release, words, page.node);
  page.caption = (release) => captionOf(release, words, page.node);
  page.tools = (figure) => tools({ caption: () => captionOf(figure.release, words, page.node), ...figure }, page);
  return page;
}

const titleOf = (kind, words) => words(words.has(`kind.${kind}`) ? `kind.${kind}` : 'kind.other');

// Exact and noisy counts of one kind are told apart by name.
function titleAmong(raw, results, words) {
  const title = titleOf(raw.kind, words);
  const mixed = results.some((other) => other.kind === raw.kind && !other.privacy !== !raw.privacy);
  return mixed ? words(raw.privacy ? 'kind.noisy' : 'kind.exact', { title }) : title;
}

// Several results of one title are numbered: Hotspots, Hotspots 2.
function titled(results, words) {
  const seen = {};
  const count = (what) => {
    seen[what] = (seen[what] ?? 0) + 1;
    return seen[what];
  };
  return results.map((raw) => {
    const id = `${raw.kind}-${count(`kind ${raw.kind}`)}`;
    const title = titleAmong(raw, results, words);
    const n = count(title);
    return { raw, id, title: n > 1 ? `${title} ${words.number(n)}` : title };
  });
}

function notesOf(notes, words) {
  if (!notes?.length) return null;
  return h('details', { class: 'notes' }, h('summary', null, words('page.notes')),
    h('ul', { lang: 'en', dir: 'ltr' }, notes.map((note) => h('li', null, note))));
}

function section({ raw, id, title }, report, page) {
  const release = new Release(raw, page.words.nameOf);
  page.releases.push(release);
  const place = h('div', { class: 'figures' });
  const subject = subjectOf(raw, page.words);
  const found = h('section', { id, 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, name(title), subject && [' ', h('bdi', { class: 'subject' }, subject)]), page.provenance(release), place, notesOf(raw.notes, page.words));
  const draw = () => {
    FIGURES[raw.kind]?.(place, release, page);
    for (const one of report.estimates ?? []) {
      if (one.exchange === raw.exchange) estimate(place, one, page, release);
    }
  };
  return { found, draw: () => carefully(draw, place, page.words) };
}

// A result that cannot be drawn takes no other with it.
function carefully(draw, place, words) {
  try {
    draw();
  } catch (error) {
    console.error(error);
    place.append(h('p', { class: 'bad', role: 'alert' }, words('page.failed', { why: error.message })));
  }
}

/** Fills `place`. The figures are drawn when everything is in the document, because some are measured. */
export function showReport(place, report, page) {
  const { words } = page;
  const results = titled(report.results, words);
  page.releases.length = 0;
  page.node = report.node;
  const sections = results.map((result) => section(result, report, page));
  place.replaceChildren(
    h('a', { class: 'skip', href: '#main' }, words('page.skip')),
    h('header', null,
      h('h1', null, words('page.title')),
      h('p', { class: 'made' }, words('page.made', { node: harmless(report.node), time: words.date(report.made) })),
      h('nav', { 'aria-label': words('page.views') },
        results.map(({ id, title }) => h('a', { href: `#${id}` }, name(title))))),
    h('main', { id: 'main', tabindex: '-1' }, sections.map((one) => one.found), notesOf(report.notes, words)),
    h('footer', null, words('page.footer')));
  for (const { draw } of sections) draw();
  // On paper nobody opens them.
  addEventListener('beforeprint', () => place.querySelectorAll('.notes').forEach((notes) => { notes.open = true; }));
}
