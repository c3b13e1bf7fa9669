// How wide a text will be, before it is drawn.
const FAMILY = 'system-ui, "Noto Sans", "DejaVu Sans", sans-serif';
const context = document.createElement('canvas').getContext('2d');

export function textWidth(text, size) {
  context.font = `${size}px ${FAMILY}`;
  return context.measureText(text).width;
}
