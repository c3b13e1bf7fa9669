// Where the local server's page begins: a bundle of its own, so that reports do not carry what only this needs.
import { begin, byId, dress, ready, say } from '../frame.js';
import { makePage, showReport } from '../report.js';
import { makeWords } from '../words.js';
import liveWords from '../words/live.js';
import { startLive } from './live.js';

const began = performance.now();
begin();
startLive(byId('page'), {
  makeWords: (lang) => makeWords(lang, [liveWords]), makePage, showReport, say, dress,
}).then(() => ready(began));
