// Elements without innerHTML: what comes from a result can become text or an attribute, never markup.

export const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** An HTML element: h('td', { class: 'number', onclick: f }, child, [children], null). */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function clear(element) {
  element.replaceChildren();
  return element;
}

/** A name that somebody else gave, in a direction of its own. */
export const name = (text) => h('bdi', null, text);

/** Text for those who hear the page, and nobody else. */
export const hidden = (...text) => h('span', { class: 'hidden' }, ...text);

let named = 0;
/** An id that nothing else on the page has. */
export function uniqueId(prefix) {
  named += 1;
  return `${prefix}-${named}`;
}

/** Coordinates in files that people keep: a tenth of a pixel is enough. */
export const px = (number) => Number(number.toFixed(1));
