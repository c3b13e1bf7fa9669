// Words of others in the lines of this page: none of them may turn the direction of what stands around it.

// Control characters, and those that change direction; the plain tables leave out the same ones (cli/report/html.c).
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const [ISOLATE, POP] = ['\u2068', '\u2069'];

/** The text without what could turn its neighbours. */
export const harmless = (text) => String(text).replace(CONTROLS, '\ufffd');

const turned = () => globalThis.document?.documentElement.dir === 'rtl';

/** The text as a part of a longer one, in a direction of its own where that is not the same for all. */
export const isolated = (text) => (RIGHT_TO_LEFT.test(text) || turned() ? ISOLATE + text + POP : text);
