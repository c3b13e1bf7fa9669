// The figures of one result: the very page that `symbolon report` writes, with a way back.
import { h } from '../dom.js';

export async function result(place, live, exchange, isShown) {
  const { words } = live;
  const back = () => h('a', { href: '#/exchanges', class: 'back' }, words('live.back'));
  place.replaceChildren(h('main', { id: 'main' }, h('section', null, h('h1', null, words('live.result')),
    h('p', null, words('live.result.busy')), back())));
  let report;
  try {
    report = await live.api.get(`report?exchange=${exchange}&lang=${words.lang}`);
  } catch (error) {
    if (live.api.isGone() || !isShown()) return;
    place.replaceChildren(h('main', { id: 'main' }, h('section', null, h('h1', null, words('live.result')),
      h('p', { class: 'problem', role: 'alert' }, error.message), back())));
    return;
  }
  if (!isShown()) return;
  live.showReport(place, report, live.makePage(words, live.say));
  place.querySelector('nav').prepend(back());
  place.querySelector('main').prepend(h('p', { class: 'logged' }, words('live.result.entered', live.who)));
  place.querySelector('main').focus();
}
