// Two lists as two bars that lie over each other as far as they share: true to scale, and read at once.
import { isolated } from '../bidi.js';
import { px, s, uniqueId } from '../dom.js';
import { textWidth } from '../text.js';

const BAR = 40;
const LINE = 22;
const PAD = 6;

/**
 * The picture. own and peer: {name, size}; common: on both. Sizes that are not known are null: then the
 * bar stands for what is shared alone.
 */
export function drawPair({ own, peer, common, width, number, title, description, sharedText }) {
  const [left, right] = [own.size ?? common, peer.size ?? common];
  const reach = Math.max(1, left + right - common); // a length on paper; as a number it is shown nowhere
  const scale = (width - 2 * PAD) / reach;
  const x = (count) => PAD + count * scale;
  const shared = { from: x(left - common), to: x(left) };
  const [upper, lower] = [LINE + 6, LINE + 6 + BAR + 4];
  const half = textWidth(sharedText, 16) / 2 + PAD;
  const middle = Math.min(width - half, Math.max(half, (shared.from + shared.to) / 2));
  const [titleId, descriptionId] = [uniqueId('title'), uniqueId('description')];
  const name = (list) => (list.size === null ? list.name : `${isolated(list.name)}  ${number(list.size)}`);
  const band = (from, to, y, kind) =>
    s('rect', { class: kind, x: px(from), y, width: px(Math.max(to > from ? 1 : 0, to - from)), height: BAR });
  return s('svg', { viewBox: `0 0 ${px(width)} ${lower + BAR + LINE * 2 + 6}`, role: 'img', 'aria-labelledby': `${titleId} ${descriptionId}` },
    s('title', { id: titleId }, title), s('desc', { id: descriptionId }, description),
    s('text', { class: 'panel-title', x: PAD, y: LINE - 4 }, name(own)),
    band(x(0), x(left), upper, 'pair-list'),
    band(shared.from, x(reach), lower, 'pair-list'),
    band(shared.from, shared.to, upper, 'pair-shared'),
    band(shared.from, shared.to, lower, 'pair-shared'),
    common > 0 && s('path', { class: 'pair-edge', d: `M${px(shared.from)},${upper - 6}V${lower + BAR + 6}M${px(shared.to)},${upper - 6}V${lower + BAR + 6}` }),
    s('text', { class: 'pair-common', x: px(middle), y: lower + BAR + LINE, 'text-anchor': 'middle' }, sharedText),
    s('text', { class: 'panel-title', x: px(width - PAD), y: lower + BAR + LINE * 2, 'text-anchor': 'end' }, name(peer)));
}
