// A canvas within a drawing, for more marks than the browser is quick with as elements.
import { h, s } from './dom.js';

// Above, marks go to a canvas.
export const MOST_ELEMENTS = 2000;

/**
 * paint(context, colour): draws; colour('--mark') is one of the page's colours, which may change with the time of day.
 * choose(context, x, y): what to do at a click, in the same pixels. Returns an SVG element.
 */
export function canvasLayer(width, height, paint, choose) {
  const scale = window.devicePixelRatio || 1;
  const canvas = h('canvas', { class: 'layer', width: width * scale, height: height * scale, 'aria-hidden': 'true' });
  const context = canvas.getContext('2d');
  const again = () => {
    const colours = getComputedStyle(document.documentElement);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(context, (name) => colours.getPropertyValue(name));
  };
  again();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const repaint = () => (canvas.isConnected ? again() : dark.removeEventListener('change', repaint));
  dark.addEventListener('change', repaint);
  canvas.addEventListener('click', (event) => {
    const seen = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - seen.left, event.clientY - seen.top].map((at) => (at * width) / seen.width);
    context.setTransform(1, 0, 0, 1, 0, 0);
    choose(context, x, y);
  });
  return s('foreignObject', { x: 0, y: 0, width, height }, canvas);
}
