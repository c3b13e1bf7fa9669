// The local server's page: the state of the node, one view at a time, and the figures of what was released.
import { h, hidden } from '../dom.js';
import { makeApi } from './api.js';
import { budgets } from './budgets.js';
import { evidence } from './evidence.js';
import { exchanges } from './exchanges.js';
import { grants } from './grants.js';
import { may, shut } from './parts.js';
import { requests } from './requests.js';
import { result } from './result.js';
import { status } from './status.js';

// Each is view(place, live, operand): fills place, and returns how to look again; or nothing, if it never changes.
const VIEWS = { status, exchanges, requests, grants, budgets, evidence };
// What each asks for first, where that is not for everybody.
const ASKS = { exchanges: 'exchanges', requests: 'requests', grants: 'grants', budgets: 'budgets', evidence: 'log', result: 'results' };
const isShut = (live, name) => ASKS[name] !== undefined && !may(live, ASKS[name]);
const AGAIN_MS = 2000;
const LANGUAGES = { en: 'English', fr: 'Français' };
const LANGUAGE_KEPT = 'symbolon-language';

function chosenLanguage() {
  const kept = sessionStorage.getItem(LANGUAGE_KEPT);
  const wanted = kept ?? navigator.language.split('-')[0];
  return LANGUAGES[wanted] ? wanted : 'en';
}

function languages(words) {
  return h('label', { class: 'language' }, h('span', { class: 'hidden' }, words('live.language')),
    h('select', {
      id: 'language',
      onchange: (event) => {
        sessionStorage.setItem(LANGUAGE_KEPT, event.target.value);
        location.reload();
      },
    }, Object.entries(LANGUAGES).map(([code, name]) =>
      h('option', { value: code, lang: code, selected: code === words.lang }, name))));
}

/** #/exchanges, #/result/ID; all other fragments lead within what is shown. */
function wanted() {
  const found = /^#\/([a-z]+)(?:\/([0-9a-f]{32}))?$/.exec(location.hash);
  return found && (VIEWS[found[1]] || found[1] === 'result') ? { name: found[1], operand: found[2] } : null;
}

function frame(place, live, name) {
  const { words, who } = live;
  const link = (view) => h('a', {
    href: `#/${view}`, 'aria-current': view === name ? 'page' : null, 'data-view': view, class: isShut(live, view) ? 'closed' : null,
    title: isShut(live, view) ? words('live.closed') : null,
  }, words(`live.${view}`), isShut(live, view) && hidden(` (${words('live.closed')})`));
  const main = h('main', { id: 'main', tabindex: '-1' });
  place.replaceChildren(
    h('a', { class: 'skip', href: '#main' }, words('live.skip')),
    h('header', null,
      h('h1', null, words('live.title')),
      h('p', null, words(who.approve && may(live, 'decisions') ? 'live.who.decides' : 'live.who', who)),
      h('nav', { 'aria-label': words('live.views') }, Object.keys(VIEWS).map(link)),
      languages(words)),
    main,
    h('footer', null, words('live.footer')));
  return main;
}

function title(words, name) {
  const titled = h('h2', { tabindex: '-1' }, words(`live.${name}`));
  return titled;
}

/** Shows the view of the address, and looks again while it is shown. */
async function show(place, live) {
  const at = wanted() ?? { name: 'status' };
  live.shown += 1;
  const turn = live.shown;
  const isShown = () => live.shown === turn && !live.api.isGone();
  document.title = `${live.words(`live.${at.name}`)} – ${live.who.node}`;
  if (at.name === 'result' && !isShut(live, 'result')) {
    await result(place, live, at.operand, isShown);
    return;
  }
  const main = frame(place, live, at.name);
  const body = h('div', { class: 'view' });
  const heading = title(live.words, at.name);
  main.append(h('section', null, heading, body));
  if (live.moved) heading.focus();
  if (isShut(live, at.name)) {
    body.append(shut(live, ASKS[at.name]));
    return;
  }
  const again = await VIEWS[at.name](body, live, isShown);
  const look = async () => {
    if (!isShown()) return;
    if (!document.hidden) await again();
    setTimeout(look, AGAIN_MS);
  };
  if (again) setTimeout(look, AGAIN_MS);
}

function tellEnd(place, words, key, say) {
  say(words(key), 'problem');
  place.querySelectorAll('button, input').forEach((control) => { control.disabled = true; });
  if (!place.querySelector('main')) {
    place.replaceChildren(h('main', { id: 'main' }, h('section', null, h('h1', null, words('live.title')),
      h('p', null, words(key)))));
  }
}

/** Neither the wrong tab nor the end of it: the node is away, for now. */
function tellHindrance(place, words, why) {
  place.replaceChildren(h('main', { id: 'main' }, h('section', null, h('h1', null, words('live.title')),
    h('p', { class: 'problem', role: 'alert' }, why),
    h('button', { type: 'button', class: 'button', onclick: () => location.reload() }, words('live.again')))));
}

const NOT_LET_IN = 401;

/** parts: {makeWords, makePage, showReport, say, dress} of main.js. */
export async function startLive(place, parts) {
  const words = parts.makeWords(chosenLanguage());
  parts.dress(words, words('live.title'));
  const api = makeApi(() => tellEnd(place, words, 'live.gone', parts.say));
  const live = { ...parts, words, api, shown: 0, moved: false };
  try {
    if (!await api.enter()) {
      tellEnd(place, words, 'live.stranger', parts.say);
      return;
    }
    live.who = await api.get('session');
  } catch (error) {
    if (api.isGone()) return;
    if (error.status === NOT_LET_IN) tellEnd(place, words, 'live.stranger', parts.say);
    else tellHindrance(place, words, error.message);
    return;
  }
  window.addEventListener('hashchange', () => {
    live.moved = true;
    if (wanted()) show(place, live);
  });
  await show(place, live);
}
