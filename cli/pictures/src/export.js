// A drawn figure as a picture that stands alone: light colours whatever the page wears, title above, where it comes
// from below. Styles are written into the elements, because the style sheet stays behind.
import { s, SVG } from './dom.js';

const STYLES = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'stroke-linejoin',
  'stroke-linecap', 'font-size', 'font-weight', 'font-family', 'text-anchor', 'paint-order'];
const DROPPED = ['class', 'role', 'tabindex', 'aria-hidden', 'aria-labelledby', 'aria-describedby'];
const TITLE = { height: 30, size: 16 };
const LINE = { height: 14, size: 10.5, width: 5.3 };
const MARGIN = 8;
const PNG_SCALE = 2;

function wrapped(sentences, columns) {
  const lines = [''];
  for (const word of sentences.join(' ').split(' ')) {
    if (lines.at(-1).length + word.length > columns) lines.push('');
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((line) => line.trim());
}

// Elements and their computed styles are read first and written afterwards, so that the browser computes them once.
// All of STYLES are inherited: what is as in the parent needs no attribute.
function writeStyles(root) {
  const elements = [root, ...root.querySelectorAll('*')];
  const values = new Map(elements.map((element) => {
    const computed = getComputedStyle(element);
    return [element, STYLES.map((name) => computed.getPropertyValue(name))];
  }));
  elements.forEach((element) => {
    const inherited = values.get(element.parentNode);
    STYLES.forEach((name, j) => {
      const value = values.get(element)[j];
      if (!inherited || value !== inherited[j]) element.setAttribute(name, value);
      else if (element.hasAttribute(name)) element.removeAttribute(name);
    });
    DROPPED.forEach((name) => element.removeAttribute(name));
  });
}

function frame(picture, title, sentences) {
  const [, , width, height] = picture.getAttribute('viewBox').split(' ').map(Number);
  const lines = wrapped(sentences, Math.floor((width - 2 * MARGIN) / LINE.width));
  const below = lines.length * LINE.height + 2 * MARGIN;
  const whole = { x: 0, y: -TITLE.height, width, height: height + TITLE.height + below };
  const text = (x, y, size, weight, fill, words) =>
    s('text', { x, y, fill, 'font-size': size, 'font-weight': weight, 'font-family': 'sans-serif' }, words);
  picture.setAttribute('xmlns', SVG);
  picture.setAttribute('width', whole.width);
  picture.setAttribute('height', whole.height);
  picture.setAttribute('viewBox', `${whole.x} ${whole.y} ${whole.width} ${whole.height}`);
  picture.prepend(s('rect', { ...whole, fill: '#fff' }));
  picture.append(text(MARGIN, -MARGIN - 2, TITLE.size, 600, '#111', title));
  lines.forEach((line, i) =>
    picture.append(text(MARGIN, height + MARGIN + (i + 1) * LINE.height - 3, LINE.size, 400, '#333', line)));
  return whole;
}

/** {text, width, height} of an SVG file. drawn: an svg element with a viewBox; it stays as it is. */
export function toSvg(drawn, title, sentences) {
  const copy = drawn.cloneNode(true);
  // .paper has the light colours; it is not seen, but must be laid out to have styles.
  const paper = document.createElement('div');
  paper.className = 'paper';
  paper.append(copy);
  document.body.append(paper);
  writeStyles(copy);
  paper.remove();
  const { width, height } = frame(copy, title, sentences);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

/** A blob: the same picture in pixels. */
export async function toPng(drawn, title, sentences) {
  const { text, width, height } = toSvg(drawn, title, sentences);
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * PNG_SCALE;
    canvas.height = height * PNG_SCALE;
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) => {
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('too large'))), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

const KEEP_MS = 60_000;

/** Gives the reader a file. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}
