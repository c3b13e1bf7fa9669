// The buttons below a figure: Copy picture, PNG, SVG, CSV.
import { h, uniqueId } from './dom.js';
import { save, toPng, toSvg } from './export.js';

function nameOf(release, title) {
  const plain = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 40);
  return `${plain || release.kind}-${release.exchange.slice(0, 8)}`;
}

/**
 * figure: {release, title: () => text, picture: () => svg element, caption: () => [sentences], csv: () => text}.
 * Without picture, only CSV.
 */
export function tools(figure, { words, say }) {
  const { release, title, picture, caption, csv } = figure;
  const file = (ending) => `${nameOf(release, title())}.${ending}`;
  const keep = (blob, ending) => {
    save(blob, file(ending));
    return words('tools.saved', { name: file(ending) });
  };
  const actions = {
    // The promise goes to the clipboard unresolved: by the time it is there, the click would no longer count.
    copy: picture && (async () => {
      const png = toPng(picture(), title(), caption());
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
      return words('tools.copied');
    }),
    png: picture && (async () => keep(await toPng(picture(), title(), caption()), 'png')),
    svg: picture && (() => keep(new Blob([toSvg(picture(), title(), caption()).text], { type: 'image/svg+xml' }), 'svg')),
    csv: () => keep(new Blob([csv()], { type: 'text/csv' }), 'csv'),
  };
  const button = ([name, act]) => {
    const id = uniqueId('tool');
    const press = async () => {
      try {
        say(await act());
      } catch (error) {
        say(words('tools.failed', { why: error.message }), 'problem');
      }
    };
    return h('button', {
      id, type: 'button', class: 'button', 'data-tool': name, onclick: press,
      'aria-label': words('tools.of', { what: words(`tools.${name}`), figure: title() }),
    }, words(`tools.${name}`));
  };
  return h('div', { class: 'tools' }, Object.entries(actions).filter(([, act]) => act).map(button));
}
