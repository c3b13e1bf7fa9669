// The row of choices above a figure.
import { h } from './dom.js';
import { settle } from './levels.js';
import { VIEWS } from './map.js';

/** A labelled select; options: [[value, text]]. */
export function choice(label, options, value, change) {
  const select = h('select', { onchange: (event) => change(event.target.value) },
    options.map(([code, text]) => h('option', { value: code, selected: code === value }, text)));
  return h('label', null, label, ' ', select);
}

/** What the map is fitted to: state.view is changed, then changed() called. */
export const viewChoice = (state, words, changed) =>
  choice(words('view'), VIEWS.map((view) => [view, words(`view.${view}`)]), state.view, (view) => {
    state.view = view;
    changed();
  });

/**
 * A select for each dimension that a level can be narrowed by; "All" only where the level without it was asked.
 * state.fixed is changed in place of the old; then changed() is called.
 */
export function filterChoices(release, sets, state, words, changed) {
  const ids = release.dimensions.map((d) => d.id).filter((id) => sets.some((set) => set.includes(id)));
  const selects = ids.map((id) => {
    const dimension = release.dimension(id);
    const all = sets.some((set) => !set.includes(id)) ? [['*', words('all')]] : [];
    const options = [...all, ...dimension.codes.map((code, i) => [code, dimension.labels[i]])];
    return choice(dimension.label, options, state.fixed[id] ?? '*', (code) => {
      state.fixed = settle(release, sets, state.fixed, id, code === '*' ? null : code);
      show();
      changed();
    });
  });
  // One choice may have moved another.
  function show() {
    ids.forEach((id, i) => { selects[i].querySelector('select').value = state.fixed[id] ?? '*'; });
  }
  return selects;
}
