/** Round whole numbers from 0 up to at most `top`, about `wanted` of them: where an axis of counts has its lines. */
export function steps(top, wanted) {
  const rough = Math.max(1, top / wanted);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * unit).find((size) => size >= rough && Number.isInteger(size));
  const values = [];
  for (let value = 0; value <= top; value += step) values.push(value);
  return values;
}
