// What the page says, by language. Each figure has a file of words of its own: {en: {key: text}, fr: {…}}.
// {name} in a text is replaced; a text with a number in it may be {one: …, other: …}, chosen by {n}.
import { isolated } from './bidi.js';
import common from './words/common.js';
import estimate from './words/estimate.js';
import hotspots from './words/hotspots.js';
import overlap from './words/overlap.js';
import routes from './words/routes.js';
import trends from './words/trends.js';

const FILES = [common, hotspots, routes, trends, overlap, estimate];
const RIGHT_TO_LEFT = ['ar', 'dv', 'fa', 'he', 'ps', 'ur'];

const SPECIAL_CODES = ['at-sea', 'several', 'unknown'];
const COUNTRY_DIMENSIONS = ['country', 'origin', 'transit', 'destination'];

// Codes that have no other name: transport-and-storage; but not 18-25.
const readable = (code) => (/^[a-z]+(-[a-z]+)*$/.test(code)
  ? code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ') : code);

/**
 * more: further files of words. words('key', {n: 3}) is a text; a key that is missing in a language is said in English.
 * words.number(4321), words.date(RFC 3339), words.day(the same), words.has('key'), words.lang, words.direction; words.nameOf for Release.
 */
export function makeWords(lang, more = []) {
  const files = [...FILES, ...more];
  const texts = Object.assign({}, ...files.map((file) => file.en), ...files.map((file) => file[lang]));
  const numbers = new Intl.NumberFormat(lang);
  const plural = new Intl.PluralRules(lang);
  const dates = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  const days = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeZone: 'UTC' });
  const regions = new Intl.DisplayNames([lang], { type: 'region', fallback: 'none' });

  function words(key, values = {}) {
    const text = texts[key];
    if (text === undefined) throw new Error(`words: there is no ${key}`);
    const chosen = typeof text === 'string' ? text : text[plural.select(values.n)] ?? text.other;
    return chosen.replace(/\{(\w+)\}/g, (_, name) =>
      typeof values[name] === 'number' ? numbers.format(values[name]) : isolated(String(values[name])));
  }

  words.lang = lang;
  words.direction = RIGHT_TO_LEFT.includes(lang.split('-')[0]) ? 'rtl' : 'ltr';
  words.has = (key) => texts[key] !== undefined;
  words.number = (value) => numbers.format(value);
  words.date = (text) => `${dates.format(new Date(text))} UTC`;
  words.day = (text) => days.format(new Date(text));
  words.nameOf = {
    dimension: (raw) => texts[`dimension.${raw.id}`] ?? raw.label,
    code(raw, code, label) {
      if (SPECIAL_CODES.includes(code)) return texts[`code.${code}`];
      const isCountry = COUNTRY_DIMENSIONS.includes(raw.id) && /^[A-Z]{2}$/.test(code);
      return (isCountry && regions.of(code)) || (label === code && raw.role === 'category' ? readable(code) : label);
    },
  };
  return words;
}
