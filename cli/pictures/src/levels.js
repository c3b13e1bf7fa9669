// Which filters a figure can offer: only what was asked as a level of its own. Choosing one moves to the level that
// keeps most of what was chosen before.

/** Sets of filters, each a list of dimension ids, for the levels that have all of `ids` and none of `without`. */
export function filterSets(release, ids, without = []) {
  return release.levels
    .filter((level) => ids.every((id) => level.ids.includes(id)) && !without.some((id) => level.ids.includes(id)))
    .map((level) => level.ids.filter((id) => !ids.includes(id)));
}

/** The first set is that with the fewest filters. */
export const plainest = (sets) => sets.reduce((least, set) => (set.length < least.length ? set : least), sets[0]);

// A new filter begins with the latest period, or with the first code.
function begin(dimension) {
  return dimension.role === 'time' ? dimension.codes.at(-1) : dimension.codes[0];
}

/**
 * The filters after `changed` became `code`, or was taken away (null): {id: code}. sets as of filterSets().
 * The caller offers only dimensions that are in a set.
 */
export function settle(release, sets, fixed, changed, code) {
  const wanted = { ...fixed, [changed]: code };
  if (code === null) delete wanted[changed];
  const fitting = sets.filter((set) => set.includes(changed) === (code !== null));
  // Nothing is asked without this dimension: it stays.
  if (fitting.length === 0) return fixed;
  const distance = (set) => {
    const kept = set.filter((id) => id in wanted).length;
    return Object.keys(wanted).length - kept + (set.length - kept);
  };
  const best = fitting.reduce((least, set) => (distance(set) < distance(least) ? set : least));
  return Object.fromEntries(best.map((id) => [id, wanted[id] ?? begin(release.dimension(id))]));
}

/** " · Libya · 2019": what is chosen, as part of a title. */
export const fixedText = (release, fixed) =>
  Object.entries(fixed).map(([id, code]) => release.dimension(id).labelOf(code)).join(' · ');
