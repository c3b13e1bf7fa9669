// The exchanges of this node, the latest first, with the progress of those that run.
import { clear, h } from '../dom.js';
import { coded, ID_DIGITS, may, shut, size as bytesOf, table, view, when } from './parts.js';

const GOING_ON = ['waiting', 'running', 'held'];

const kindOf = (words, row) => coded(words, 'kind', row.shape ?? row.kind);

// Released numbers only: which records matched is on no page. A count lies in the exchange itself.
const canBeShown = (row) => row.role === 'initiator' && row.state === 'done' && !row.withheld
  && row.kind !== 'overlap:matches' && (row.has_result || row.kind === 'overlap:count');

const partner = (words, row) =>
  row.peer || (row.participants ? words('live.nodes', { n: row.participants }) : '–');

function bar(words, row, progress) {
  const name = words('live.progress.of', { id: row.id.slice(0, ID_DIGITS) });
  const bytes = progress.bytes > 0 ? `, ${bytesOf(words, progress.bytes)}` : '';
  if (!progress.total) return h('span', null, coded(words, 'state', progress.state) + bytes);
  return h('span', { class: 'progress' },
    h('progress', { max: progress.total, value: progress.done, 'aria-label': name }),
    ` ${words('live.progress', { done: progress.done, total: progress.total })}${bytes}`);
}

/** The way to the figures of a result, or a button that leads nowhere; what that is worth stands above the table. */
function shower(row, live) {
  if (!canBeShown(row)) return null;
  const { words } = live;
  const name = words('live.result.of', { kind: kindOf(words, row), id: row.id.slice(0, ID_DIGITS) });
  return may(live, 'results')
    ? h('a', { id: `result-${row.id}`, class: 'button', href: `#/result/${row.id}`, 'aria-label': name }, words('live.result.show'))
    : h('button', { type: 'button', class: 'button', disabled: true, 'aria-label': name }, words('live.result.show'));
}

function aboutResults(rows, live) {
  if (!rows.some(canBeShown)) return '';
  return may(live, 'results') ? h('p', { class: 'note' }, live.words('live.result.logged'))
    : shut(live, 'results', 'live.shut.results');
}

function drawTable(place, rows, live) {
  const { words } = live;
  const size = (row, n) => (row.participants || n === 0 ? null : words.number(n));
  const found = (row) => {
    if (row.withheld) return words('live.withheld');
    return row.state === 'done' && row.role === 'initiator' && !row.participants ? words.number(row.common) : null;
  };
  clear(place).append(aboutResults(rows, live), table({
    caption: words('live.exchanges.latest'),
    none: words('live.exchanges.none'),
    columns: [
      { title: words('live.id'), of: (row) => h('code', null, row.id.slice(0, ID_DIGITS)), head: true },
      { title: words('live.peer'), of: (row) => partner(words, row) },
      { title: words('live.asked.by'), of: (row) => coded(words, 'side', row.role) },
      { title: words('live.kind'), of: (row) => kindOf(words, row) },
      { title: words('live.purpose'), of: (row) => coded(words, 'purpose', row.purpose) },
      { title: words('live.state'), of: (row) => h('span', { 'data-progress': row.id }, stateOf(words, row)) },
      { title: words('live.own.size'), of: (row) => size(row, row.own_size), number: true },
      { title: words('live.peer.size'), of: (row) => size(row, row.peer_size), number: true },
      { title: words('live.common'), of: found, number: true },
      { title: words('live.started'), of: (row) => when(words, row.started) },
      { title: words('live.case'), of: (row) => row.case },
      { title: words('live.result'), of: (row) => shower(row, live) },
    ],
    rows,
  }, words));
}

function stateOf(words, row) {
  const text = coded(words, 'state', row.state);
  const mood = { done: 'good', denied: 'bad', aborted: 'bad' }[row.state] ?? null;
  return [h('span', { class: mood }, text), row.fault && h('span', { class: 'sub' }, ` ${row.fault}`)];
}

// Says what has ended since the list was drawn last.
function tellEnds(answer, before, live) {
  if (!before) return;
  const { words } = live;
  const states = new Map(before.exchanges.map((row) => [row.id, row.state]));
  for (const row of answer.exchanges) {
    const was = states.get(row.id);
    if (was !== row.state && !GOING_ON.includes(row.state) && was !== undefined) {
      live.say(words('live.ended', { kind: kindOf(words, row), peer: partner(words, row), state: coded(words, 'state', row.state) }));
    }
  }
}

async function showProgress(place, rows, live) {
  if (!may(live, 'progress')) return;
  for (const row of rows.filter((one) => GOING_ON.includes(one.state)).slice(0, 8)) {
    const slot = place.querySelector(`[data-progress="${row.id}"]`);
    try {
      const progress = await live.api.get(`exchanges/${row.id}/progress`);
      if (slot?.isConnected) clear(slot).append(bar(live.words, row, progress));
    } catch {
      return; // It may be gone by now: the state stands there.
    }
  }
}

export async function exchanges(place, live, isShown) {
  const list = h('div');
  const more = h('div', { class: 'tools' });
  place.append(list, more);
  let rows = [];
  const older = [];
  const again = await view(list, live, 'exchanges', (into, answer, before) => {
    rows = answer.exchanges;
    drawTable(into, [...rows, ...older], live);
    tellEnds(answer, before, live);
    if (!before && answer.more) moreButton(answer.before);
  });

  function moreButton(before) {
    clear(more).append(h('button', { type: 'button', class: 'button', id: 'older', onclick: async () => {
      const page = await live.api.get(`exchanges?before=${before}`);
      const known = new Set([...rows, ...older].map((row) => row.id));
      older.push(...page.exchanges.filter((row) => !known.has(row.id)));
      drawTable(list, [...rows, ...older], live);
      if (page.more) moreButton(page.before);
      else clear(more);
    } }, live.words('live.older')));
  }

  await showProgress(list, rows, live);
  return async () => {
    await again();
    if (isShown()) await showProgress(list, rows, live);
  };
}
