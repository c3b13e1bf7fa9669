// Where the page of a report begins. The local server's begins in live/main.js.
import { begin, byId, dress, ready, say } from './frame.js';
import { makePage, showReport } from './report.js';
import { makeWords } from './words.js';

const began = performance.now();
const report = begin();
const words = makeWords(report.lang ?? 'en');
dress(words, words('page.title'));
showReport(byId('page'), report, makePage(words, say));
ready(began);
