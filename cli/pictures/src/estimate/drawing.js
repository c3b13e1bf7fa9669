// An estimate on one line: what is counted is solid, what a model adds is pale, and the interval is a whisker.
import { px, s, uniqueId } from '../dom.js';
import { steps } from '../axis.js';
import { textWidth } from '../text.js';

const PAD = 14;
const TOTAL_SIZE = 15; // a little more than it is drawn in, because it is bold
const BAR = { top: 30, height: 34 };
const AXIS = BAR.top + BAR.height + 22;

/** The picture of {listed, total, low, high}; texts: {listed, hidden, interval} stand at their parts. */
export function drawEstimate({ listed, total, low, high, width, number, texts, title, description }) {
  const top = Math.max(1, high, total);
  const x = (count) => PAD + (count / top) * (width - 2 * PAD);
  const middle = BAR.top + BAR.height / 2;
  const half = textWidth(texts.total, TOTAL_SIZE) / 2 + PAD;
  const within = Math.min(width - half, Math.max(half, x(total)));
  const [titleId, descriptionId] = [uniqueId('title'), uniqueId('description')];
  const part = (from, to, kind) =>
    s('rect', { class: kind, x: px(x(from)), y: BAR.top, width: px(Math.max(0, x(to) - x(from))), height: BAR.height });
  return s('svg', { viewBox: `0 0 ${px(width)} ${AXIS + 58}`, role: 'img', 'aria-labelledby': `${titleId} ${descriptionId}` },
    s('title', { id: titleId }, title), s('desc', { id: descriptionId }, description),
    steps(top, Math.max(2, Math.floor(width / 110))).map((value) => [
      s('line', { class: 'grid-line', x1: px(x(value)), x2: px(x(value)), y1: BAR.top - 6, y2: AXIS - 12 }),
      s('text', { class: 'axis', x: px(x(value)), y: AXIS, 'text-anchor': value === 0 ? 'start' : 'middle' }, number(value)),
    ]),
    part(listed, total, 'estimate-hidden'), part(0, listed, 'estimate-listed'),
    s('path', { class: 'estimate-interval', d: `M${px(x(low))},${middle}H${px(x(high))}M${px(x(low))},${middle - 9}v18M${px(x(high))},${middle - 9}v18` }),
    s('path', { class: 'estimate-point', d: `M${px(x(total))},${BAR.top - 4}V${BAR.top + BAR.height + 4}` }),
    s('text', { class: 'estimate-total', x: px(within), y: BAR.top - 12, 'text-anchor': 'middle' }, texts.total),
    s('rect', { class: 'estimate-listed', x: PAD, y: AXIS + 16, width: 12, height: 12 }),
    s('text', { class: 'axis-text', x: PAD + 18, y: AXIS + 26 }, texts.listed),
    s('rect', { class: 'estimate-hidden', x: PAD, y: AXIS + 36, width: 12, height: 12 }),
    s('text', { class: 'axis-text', x: PAD + 18, y: AXIS + 46 }, texts.hidden));
}
