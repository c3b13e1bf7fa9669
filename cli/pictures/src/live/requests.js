// Requests of partners, and commands of own users, that wait for an approver; and the decision.
import { clear, h, uniqueId } from '../dom.js';
import { coded, facts, ID_DIGITS, may, problemLine, shut, table, view, when } from './parts.js';

const who = (row) => (row.own ? row.user : row.peer);

/** All that an approver is told of it. */
function particulars(words, row) {
  return facts([
    [words('live.id'), h('code', null, row.id.slice(0, ID_DIGITS))],
    row.own ? [words('live.user'), row.user] : [words('live.peer'), row.peer],
    row.own && [words('live.command'), row.what],
    !row.own && [words('live.kind'), coded(words, 'kind', row.question?.shape ?? row.kind)],
    !row.own && [words('live.dataset'), row.dataset],
    !row.own && row.elements > 0 && [words('live.elements'), `${words.number(row.elements)} (${row.type})`],
    !row.own && [words('live.purpose.basis'), `${coded(words, 'purpose', row.purpose)}, ${coded(words, 'basis', row.basis)}`],
    row.because && [words('live.because'), row.because],
    [words('live.received'), when(words, row.received)],
    [words('live.expires'), when(words, row.expires)],
  ]);
}

// What a question asks, as the node wrote it: names and lists, no markup.
function lines(value) {
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === 'object') ? h('ul', null, value.map((one) => h('li', null, lines(one))))
      : value.join(', ');
  }
  if (value && typeof value === 'object') {
    return h('dl', { class: 'question' }, Object.entries(value).map(([name, one]) =>
      h('div', null, h('dt', null, name.replaceAll('_', ' ')), h('dd', null, lines(one)))));
  }
  return String(value);
}

/** Asks once more, with the name typed; the server compares it, too. */
function askToDecide(row, how, live, afterwards) {
  const { words } = live;
  const field = uniqueId('typed');
  const problem = problemLine();
  const input = h('input', {
    id: field, type: 'text', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', required: true,
    maxlength: how === 'deny' ? 200 : 63,
  });
  const heading = uniqueId('deciding');
  const dialog = h('dialog', { 'aria-labelledby': heading },
    h('h2', { id: heading }, words(`live.${how}.title`)),
    particulars(words, row),
    row.question && h('details', { open: true }, h('summary', null, words('live.question')), lines(row.question)),
    how === 'approve' && h('p', null, words(row.own ? 'live.approve.own' : 'live.approve.meaning')),
    h('form', { onsubmit: async (event) => {
      event.preventDefault();
      try {
        const decided = await live.api.post(`requests/${row.id}/${how}`, input.value);
        dialog.close();
        live.say(words('live.decided', { who: who(row), state: coded(words, 'state', decided.state) }));
        afterwards();
      } catch (error) {
        problem.textContent = error.message;
        input.focus();
      }
    } },
    h('label', { for: field }, words(how === 'deny' ? 'live.deny.why' : 'live.approve.type', { who: who(row) })),
    input, problem,
    h('div', { class: 'tools' },
      h('button', { type: 'submit', class: `button ${how}` }, words(`live.${how}`)),
      h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, words('live.cancel')))));
  const came = document.activeElement;
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (came.isConnected) came.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}

function deciders(row, live, again) {
  if (row.state !== 'waiting') return null;
  const { words } = live;
  const name = { who: who(row), id: row.id.slice(0, ID_DIGITS) };
  const button = (how) => h('button', {
    type: 'button', class: 'button', id: `${how}-${row.id}`, disabled: !live.who.approve || !may(live, 'decisions'),
    'aria-label': words(`live.${how}.of`, name), onclick: () => askToDecide(row, how, live, again),
  }, words(`live.${how}`));
  return h('div', { class: 'tools' }, button('approve'), button('deny'));
}

/** Who approved what ended all the same did not end it. */
function stateOf(words, row) {
  const approved = ['cancelled', 'expired'].includes(row.state) ? `, ${coded(words, 'state', 'approved')}` : '';
  const by = row.decided_by && `${approved} ${words('live.by', { user: row.decided_by })}`;
  return [h('span', { class: row.state === 'waiting' ? 'waiting' : null }, coded(words, 'state', row.state)),
    by, row.why && h('span', { class: 'sub' }, ` ${row.why}`)];
}

function draw(place, rows, live, again) {
  const { words } = live;
  const columns = [
    { title: words('live.id'), of: (row) => h('code', null, row.id.slice(0, ID_DIGITS)), head: true },
    { title: words('live.from'), of: who },
    { title: words('live.what'), of: (row) => (row.own ? row.what : `${coded(words, 'kind', row.question?.shape ?? row.kind)}: ${row.dataset}`) },
    { title: words('live.purpose.basis'), of: (row) => (row.own ? null : `${coded(words, 'purpose', row.purpose)}, ${coded(words, 'basis', row.basis)}`) },
    { title: words('live.elements'), of: (row) => (row.elements > 0 ? words.number(row.elements) : null), number: true },
    { title: words('live.received'), of: (row) => when(words, row.received) },
    { title: words('live.state'), of: (row) => stateOf(words, row) },
    { title: words('live.decision'), of: (row) => deciders(row, live, again) },
  ];
  const waiting = rows.filter((row) => row.state === 'waiting');
  const decided = rows.filter((row) => row.state !== 'waiting');
  clear(place).append(
    may(live, 'decisions') ? '' : shut(live, 'decisions', 'live.shut.decisions'),
    live.who.approve || !may(live, 'decisions') ? '' : h('p', { class: 'note' }, words('live.requests.only')),
    table({ caption: words('live.requests.waiting', { n: waiting.length }), none: words('live.requests.none'), columns, rows: waiting }, words),
    decided.length > 0 ? table({ caption: words('live.requests.decided'), columns: columns.slice(0, -1), rows: decided }, words) : '');
}

// A new request is worth a word to those who do not see the list grow.
function tellNew(answer, before, live) {
  if (!before) return;
  const known = new Set(before.map((row) => row.id));
  for (const row of answer) {
    if (row.state === 'waiting' && !known.has(row.id)) live.say(live.words('live.requests.new', { who: who(row) }));
  }
}

export async function requests(place, live) {
  const list = h('div');
  place.append(list);
  let again = null;
  again = await view(list, live, 'requests', (into, answer, before) => {
    draw(into, answer, live, () => again());
    tellNew(answer, before, live);
  });
  return again;
}
