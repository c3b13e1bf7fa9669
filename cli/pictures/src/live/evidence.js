// The evidence log: its newest entries, the whole of it verified, and compared with a partner's.
import { clear, h, uniqueId } from '../dom.js';
import { coded, facts, ID_DIGITS, problemLine, table, verdict, view, when, worker } from './parts.js';

const LOOK_MS = 400;
const HOUR_S = 3600;

function drawLog(place, entries, words) {
  clear(place).append(table({
    caption: words('live.log.caption'),
    none: words('live.log.none'),
    columns: [
      { title: words('live.log.entry'), of: (row) => words.number(row.entry), head: true },
      { title: words('live.log.time'), of: (row) => when(words, row.time) },
      { title: words('live.kind'), of: (row) => coded(words, 'entry', row.kind) },
      { title: words('live.peer'), of: (row) => row.peer },
      { title: words('live.log.exchange'), of: (row) => row.exchange && h('code', null, row.exchange.slice(0, ID_DIGITS)) },
      { title: words('live.decision'), of: (row) => coded(words, 'state', row.decision) },
      { title: words('live.user'), of: (row) => row.user },
      { title: words('live.approver'), of: (row) => row.approver },
      { title: words('live.log.detail'), long: true, of: (row) => [row.event, row.subject, row.detail].filter(Boolean).join(' ') },
      {
        title: words('live.log.body'),
        of: (row) => (row.fault ? verdict(words, false, 'live.log.wrong') : coded(words, 'body', row.body)),
      },
    ],
    rows: entries,
  }, words));
}

const findingsOf = (rows, words, columns) => (rows.length === 0 ? '' : table({
  caption: words('live.findings', { n: rows.length }), columns, rows,
}, words));

function drawVerified(place, answer, words) {
  clear(place).append(
    h('p', { class: 'verdict' }, verdict(words, answer.good, answer.good ? 'live.verify.good' : 'live.verify.bad')),
    facts([
      [words('live.verify.entries'), words.number(answer.entries)],
      [words('live.verify.root'), h('code', null, answer.root)],
      [words('live.verify.cosigned'), words('live.verify.cosigned.value', { n: answer.cosigned, entries: answer.cosigned_entries })],
      [words('live.verify.bodies'), words('live.verify.bodies.value', { n: answer.bodies, erased: answer.bodies_erased })],
      [words('live.verify.signatures'), words('live.verify.signatures.value',
        { good: answer.signatures_good, bad: answer.signatures_bad, unchecked: answer.signatures_unchecked })],
      answer.ahead_seconds > 0 && [words('live.verify.ahead'),
        words('live.verify.ahead.value', { n: Math.ceil(answer.ahead_seconds / HOUR_S) })],
    ]),
    findingsOf(answer.findings, words, [
      { title: words('live.log.entry'), of: (row) => row.entry, head: true },
      { title: words('live.finding'), long: true, of: (row) => row.text },
    ]));
}

function drawCompared(place, answer, words) {
  clear(place).append(
    h('p', { class: 'verdict' }, verdict(words, answer.agree, answer.agree ? 'live.compare.agree' : 'live.compare.differ')),
    facts([
      [words('live.peer'), answer.peer],
      [words('live.compare.exchanges'), words.number(answer.exchanges)],
      [words('live.compare.entries'), words.number(answer.entries)],
      answer.untold > 0 && [words('live.compare.untold'), words.number(answer.untold)],
      answer.lost_here + answer.lost_there > 0 && [words('live.compare.lost'), words.number(answer.lost_here)
        + ' / ' + words.number(answer.lost_there)],
      answer.unrecorded > 0 && [words('live.compare.unrecorded'), words.number(answer.unrecorded)],
    ]),
    findingsOf(answer.findings, words, [
      { title: words('live.log.exchange'), of: (row) => h('code', null, row.exchange.slice(0, ID_DIGITS)), head: true },
      { title: words('live.finding'), of: (row) => row.finding },
      { title: words('live.compare.here'), of: (row) => row.entry_here, number: true },
      { title: words('live.compare.there'), of: (row) => row.entry_there, number: true },
      { title: words('live.log.detail'), long: true, of: (row) => row.text },
    ]));
}

function verifier(live) {
  const { words } = live;
  const found = h('div');
  const problem = problemLine();
  return h('div', { class: 'part' }, h('h3', null, words('live.verify.title')), h('p', null, words('live.verify.meaning')),
    worker(words('live.verify'), live, async () => {
      live.say(words('live.verify.busy'));
      const answer = await live.api.get('log/verify');
      drawVerified(found, answer, words);
      live.say(words(answer.good ? 'live.verify.good' : 'live.verify.bad'));
    }, problem, { id: 'verify' }), problem, found);
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function compare(found, peer, live, isShown) {
  const { words } = live;
  const name = encodeURIComponent(peer);
  const { id } = await live.api.post(`log/compare?peer=${name}`);
  const state = h('p', { role: 'status' }, words('live.compare.busy', { n: 0 }));
  clear(found).append(state);
  while (isShown()) {
    const answer = await live.api.get(`log/compare/${id}?peer=${name}`);
    if (answer.done !== false) {
      drawCompared(found, answer, words);
      live.say(words(answer.agree ? 'live.compare.agree' : 'live.compare.differ'));
      return;
    }
    state.textContent = answer.waiting || words('live.compare.busy', { n: answer.entries });
    await pause(LOOK_MS);
  }
}

// Partners as the log knows them: who may look at it may not list peers.
async function comparer(live, isShown) {
  const { words } = live;
  const id = uniqueId('peer');
  const found = h('div');
  const problem = problemLine();
  const partners = await live.api.get('partners');
  const field = h('select', { id }, partners.map(({ peer }) => h('option', { value: peer }, peer)));
  return h('div', { class: 'part' }, h('h3', null, words('live.compare.title')), h('p', null, words('live.compare.meaning')),
    partners.length > 0 ? h('div', { class: 'tools' }, h('label', { for: id }, words('live.peer'), ' '), field,
      worker(words('live.compare'), live, () => compare(found, field.value, live, isShown), problem, { id: 'compare' }))
      : h('p', { class: 'note' }, words('live.partners.none')), problem, found);
}

export async function evidence(place, live, isShown) {
  const { words } = live;
  const list = h('div');
  const older = h('div', { class: 'tools' });
  const log = h('div', { class: 'part' }, h('h3', null, words('live.log.title')), list, older);
  place.append(verifier(live), await comparer(live, isShown), log);
  let before = null; // the page that is shown ends before this entry; null: the newest
  let again = null;
  const turn = (to, key, id) => h('button', { type: 'button', class: 'button', id, onclick: async () => {
    before = to;
    await again();
  } }, words(key));
  again = await view(list, live, () => (before === null ? 'log' : `log?before=${before}`), (into, answer) => {
    drawLog(into, [...answer.entries].reverse(), words);
    clear(older).append(answer.first > 0 ? turn(answer.first, 'live.older', 'log-older') : '',
      before !== null ? turn(null, 'live.newest', 'log-newest') : '');
  });
  return again;
}
