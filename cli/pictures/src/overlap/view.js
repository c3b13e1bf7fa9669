// What a table over many lists says, in the order in which it is drawn. Nothing here touches the page, and nothing
// is added up: totals and pairs are there where the release has them.

import { isUnsure } from '../result.js';

/** {lists: [{name, total or null}], rows: [{members, names, value, low, high, unsure}], pairs: [{a, b, value}], noise}; members
 * and a < b are numbers of lists; noise is {half, threshold}, or null: the counts are exact. say(name): as shown. */
export function tableView(raw, say = (name) => name) {
  const names = raw.lists.map((list) => list.name);
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const totals = new Map((raw.totals ?? []).map(({ list, count }) => [list, count]));
  const noise = raw.privacy ? { half: raw.privacy.half_width, threshold: raw.suppression.threshold } : null;
  const rows = raw.combinations.map((combination) => {
    const members = combination.in.map((name) => numberOf.get(name)).sort((x, y) => x - y);
    return { members, names: members.map((i) => say(names[i])), ...bounds(combination.count, noise) };
  });
  const pairs = (raw.pairs ?? []).map(({ lists, count }) => {
    const [a, b] = lists.map((name) => numberOf.get(name)).sort((x, y) => x - y);
    return { a, b, value: count };
  });
  return { lists: names.map((name) => ({ name: say(name), total: totals.get(name) ?? null })), rows, pairs, noise };
}

function bounds(value, noise) {
  if (value === null) return { value, low: 0, high: noise ? noise.threshold - 1 : 0, unsure: false };
  const half = noise?.half ?? 0;
  return { value, low: Math.max(0, value - half), high: value + half, unsure: isUnsure(value, half, noise?.threshold ?? 0) };
}

const byCount = (x, y) => (y.value ?? -1) - (x.value ?? -1) || x.members.length - y.members.length;
const byLists = (x, y) => x.members.length - y.members.length || byCount(x, y);

/** The rows with this list (null: all), in this order: "count" or "lists". */
export const arranged = (rows, order, only) => rows
  .filter((row) => only === null || row.members.includes(only))
  .sort(order === 'lists' ? byLists : byCount);
