// Arcs of a topology as text, a third smaller when gzipped than as JSON: numbers in digits of five bits, lowest
// first, the sign in the lowest bit, and a sixth bit where more follow (as in source maps).
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BITS = 5;
const MORE = 1 << BITS;

function pack(number) {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = '';
  do {
    const digit = rest & (MORE - 1);
    rest >>>= BITS;
    text += DIGITS[rest > 0 ? digit | MORE : digit];
  } while (rest > 0);
  return text;
}

function unpack(text) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    value |= (digit & (MORE - 1)) << shift;
    shift += BITS;
    if (digit & MORE) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

/** arcs: lists of [dx, dy], whole numbers. */
export const packArcs = (arcs) => arcs.map((arc) => arc.map(([x, y]) => pack(x) + pack(y)).join('')).join();

export function unpackArcs(text) {
  return text.split(',').map((arc) => {
    const numbers = unpack(arc);
    return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
  });
}
