// What the report's page and the local server's begin with.

export const byId = (id) => document.getElementById(id);

/** Says it to those who hear the page; a problem is also shown. */
export function say(text, mood) {
  const line = byId('live');
  line.textContent = text;
  line.classList.toggle('hidden', mood !== 'problem');
}

/** The document in the language of the words. */
export function dress(words, title) {
  document.documentElement.lang = words.lang;
  // Whoever opens the page from a page of the other direction may have set it: keep what is there.
  if (words.direction === 'rtl') document.documentElement.dir = 'rtl';
  document.title = title;
}

/** The document's data. */
export const begin = () => JSON.parse(byId('data').textContent);

/** Tells tests, and whoever is curious, that everything stands there. */
export function ready(began) {
  document.documentElement.dataset.readyMs = Math.round(performance.now() - began);
}
