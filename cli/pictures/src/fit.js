/** Calls draw(width) now and whenever the width of the element changes: text of a drawing then keeps its size. */
export function fitted(element, draw) {
  let drawn = null;
  const fit = () => {
    const width = Math.floor(element.clientWidth);
    if (width === drawn || width === 0) return;
    drawn = width;
    draw(width);
  };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(element);
  fit();
}
