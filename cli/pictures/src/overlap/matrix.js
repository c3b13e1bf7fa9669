// How many are on both of two lists: the lower half of a matrix. A list's name lies where its row ends and its
// column begins, so that it is read along both and no name is turned.
import { isolated } from '../bidi.js';
import { px, s, uniqueId } from '../dom.js';
import { fitting } from '../fitting.js';

const SIZE = { least: 38, most: 52 };
const NAME_WIDTH = 190;
const NAME_SIZE = 13;
const SHADES = 5;

/** 0 … SHADES - 1: equal parts of the way to the largest. Darkness is a second hint; the number is what counts. */
const shade = (count, most) => Math.min(SHADES - 1, Math.floor((count / Math.max(1, most)) * SHADES));

/** The picture. lists: [{name, total or null}]; counts: Map of "i,j" (i > j) to a count. */
export function drawMatrix({ lists, counts, width, number, title, description }) {
  const size = Math.max(SIZE.least, Math.min(SIZE.most, (width - NAME_WIDTH) / lists.length));
  const most = Math.max(0, ...counts.values());
  const whole = Math.max(width, lists.length * size + NAME_WIDTH / 2);
  const [titleId, descriptionId] = [uniqueId('title'), uniqueId('description')];
  return s('svg', {
    viewBox: `0 0 ${px(whole)} ${px(lists.length * size + 4)}`, role: 'img', 'aria-labelledby': `${titleId} ${descriptionId}`,
  },
  s('title', { id: titleId }, title), s('desc', { id: descriptionId }, description),
  lists.map((list, i) => {
    const middle = (i + 0.5) * size + 4;
    const shown = fitting(list.name, NAME_SIZE, whole - i * size - 64);
    return s('g', null,
      lists.slice(0, i).map((other, j) => {
        const count = counts.get(`${i},${j}`);
        if (count === undefined) return null;
        return [
          s('rect', { class: `pair-cell pair-shade-${shade(count, most)}`, x: px(j * size), y: px(i * size), width: px(size - 2), height: px(size - 2) },
            s('title', null, `${isolated(list.name)}, ${isolated(other.name)}: ${number(count)}`)),
          s('text', { class: 'pair-number', x: px((j + 0.5) * size - 1), y: px(middle), 'text-anchor': 'middle' }, number(count)),
        ];
      }),
      s('text', { class: 'pair-name', x: px(i * size + 6), y: px(middle) }, isolated(shown),
        list.total !== null && s('tspan', { class: 'upset-number', dx: 8 }, number(list.total))));
  }));
}
