// What of a release can be drawn over time. Nothing here touches the page.
//
// A view is one released level that holds the time dimension, with one of its other dimensions to split it into
// panels; what is left over is held at one code each. No level is ever made of another.

/** The dimension of time; undefined: there is none. */
export const timeOf = (release) => release.withRole('time')[0];

/** All views: [{id, split, held}]; split: a dimension or null (one panel), held: the dimensions left over. */
export function viewsOf(release) {
  const time = timeOf(release);
  const views = [];
  for (const level of time ? release.levels : []) {
    if (!level.ids.includes(time.id)) continue;
    const others = level.dimensions.filter((dimension) => dimension !== time);
    for (const split of others.length > 0 ? others : [null]) {
      const held = others.filter((dimension) => dimension !== split);
      views.push({ id: [split, ...held].map((dimension) => dimension?.id).join('/'), split, held });
    }
  }
  return views;
}

/** What is shown first: split, with as little held as can be; undefined: there is no view. */
export const firstView = (views) =>
  views.filter((view) => view.split).sort((a, b) => a.held.length - b.held.length)[0] ?? views[0];

function panel(release, label, fixed, code) {
  const { rows, level } = release.series(timeOf(release).id, fixed);
  const shown = rows.filter((row) => row.value !== null);
  return {
    code,
    label,
    rows,
    level,
    largest: shown.reduce((most, row) => (most && most.value >= row.value ? most : row), null),
  };
}

/** The panels of a view, {code, label, rows, level, largest}; fixed: {dimension: code} of what is held. */
export function panelsOf(release, view, fixed) {
  if (!view.split) return [panel(release, '', fixed)];
  return view.split.codes.map((code, i) =>
    panel(release, view.split.labels[i], { ...fixed, [view.split.id]: code }, code));
}

/** All codes of the split together, where that was released as a level of its own; else null. */
export function wholeOf(release, view, fixed) {
  const asked = view.split && release.level([timeOf(release).id, ...Object.keys(fixed)]);
  return asked ? panel(release, '', fixed) : null;
}

/** The most that an axis must reach: upper bounds of what was released, and what is hatched. */
export function topOf(panels) {
  let top = 1;
  for (const { rows } of panels) for (const row of rows) top = Math.max(top, row.high);
  return top;
}

/** Neighbours that are shown, and neighbours that are not: [{first, last, shown}]. */
export function runsOf(rows) {
  const runs = [];
  rows.forEach((row, i) => {
    const shown = row.value !== null;
    const run = runs[runs.length - 1];
    if (run && run.shown === shown) run.last = i;
    else runs.push({ first: i, last: i, shown });
  });
  return runs;
}

/** Where years begin, as many as have room: [{at, text}]. codes: "2019", "2019-Q2" or "2019-06". */
export function yearMarks(codes, room) {
  const years = codes.flatMap((code, at) => (/^\d{4}(-Q1|-01)?$/.test(code) ? [{ at, text: code.slice(0, 4) }] : []));
  const every = [1, 2, 3, 5, 10, 20, 50].find((step) => years.length / step <= room) ?? 100;
  return years.filter((_, i) => i % every === 0);
}
