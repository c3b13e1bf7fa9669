// How the node is doing, what it warns of, and how its processes are confined.
import { clear, h } from '../dom.js';
import { coded, facts, may, shut, size, table, verdict, view, when } from './parts.js';

const PROMISES = ['seccomp', 'no_new_privileges', 'not_dumpable', 'no_core_dumps', 'no_capabilities', 'landlock'];

function warnings(answer, words) {
  if (answer.warnings.length === 0) return h('p', null, verdict(words, true, 'live.status.fine'));
  return h('div', { class: 'warnings' }, h('h3', null, words('live.status.warnings', { n: answer.warnings.length })),
    h('ul', null, answer.warnings.map((text) => h('li', null, '⚠ ', text))));
}

function processes(answer, words) {
  const promise = (name) => ({
    title: words(`live.promise.${name}`),
    of: (row) => verdict(words, row[name], row[name] ? 'live.yes' : 'live.no'),
  });
  return table({
    caption: words('live.status.processes'),
    columns: [
      { title: words('live.process'), of: (row) => row.name, head: true },
      { title: words('live.process.id'), of: (row) => String(row.pid), number: true },
      ...PROMISES.map(promise),
      {
        title: words('live.promise.apart'),
        of: (row) => verdict(words, row.own_network || row.own_root, row.own_network || row.own_root ? 'live.yes' : 'live.no'),
      },
    ],
    rows: answer.processes,
    none: '',
  }, words);
}

function draw(place, answer, words) {
  clear(place).append(
    warnings(answer, words),
    facts([
      [words('live.node'), answer.name],
      [words('live.role'), coded(words, 'role', answer.role)],
      [words('live.fingerprint'), h('span', { class: 'words' }, answer.fingerprint.words)],
      [words('live.card'), words('live.card.value', { serial: answer.card_serial, time: when(words, answer.card_expires) })],
      [words('live.listening'), answer.listening],
      [words('live.since'), when(words, answer.started)],
      [words('live.version'), answer.version],
      [words('live.peers'), words('live.peers.value', { n: answer.peers, links: answer.links })],
      [words('live.exchanges.running'), words.number(answer.exchanges)],
      [words('live.users'), words.number(answer.users)],
      [words('live.refused'), words.number(answer.refused_connections)],
      [words('live.store'), size(words, answer.store_bytes)],
    ]),
    processes(answer, words));
}

function drawPeers(place, peers, words) {
  clear(place).append(table({
    caption: words('live.peers'),
    none: words('live.peers.none'),
    columns: [
      { title: words('live.alias'), of: (row) => row.alias, head: true },
      { title: words('live.name'), of: (row) => row.name },
      { title: words('live.role'), of: (row) => coded(words, 'role', row.role) },
      { title: words('live.link'), of: (row) => coded(words, 'link', row.link) },
      { title: words('live.psk'), of: (row) => words(row.preshared_key ? 'live.yes' : 'live.no') },
      { title: words('live.card.expires'), of: (row) => when(words, row.expires) },
    ],
    rows: peers,
  }, words));
}

export async function status(place, live) {
  const state = h('div');
  const peers = h('div');
  place.append(state, peers);
  const again = await view(state, live, 'status', (into, answer) => draw(into, answer, live.words));
  if (!may(live, 'peers')) {
    peers.append(h('h3', null, live.words('live.peers')), shut(live, 'peers'));
    return again;
  }
  const againPeers = await view(peers, live, 'peers', (into, answer) => drawPeers(into, answer, live.words));
  return async () => {
    await again();
    await againPeers();
  };
}
