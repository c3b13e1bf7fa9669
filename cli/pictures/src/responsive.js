// Drawings are made for the width that they get, so that their letters have the same size on a telephone.
const WIDEST = 900;
const NARROWEST = 280;
const STEP = 20;

const widthOf = (element) => {
  const wide = element.clientWidth || WIDEST;
  return Math.min(WIDEST, Math.max(NARROWEST, Math.floor(wide / STEP) * STEP));
};

/** {width}: what `element` has room for; draw() is called when that changes. */
export function responsive(element, draw) {
  const size = { width: widthOf(element) };
  new ResizeObserver(() => {
    const width = widthOf(element);
    if (width === size.width) return;
    size.width = width;
    draw();
  }).observe(element);
  return size;
}
