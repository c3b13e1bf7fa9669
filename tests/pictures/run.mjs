// The tests of the page in a real browser: `node run.mjs build/release [PATTERN]`; test_pictures.py installs what they need.
//
// Writes [[name, "passed" | "failed", detail, ms], …] to SYMBOLON_PICTURES_REPORT, or says the same in words.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from './browser.mjs';
import access from './check_access.mjs';
import exports from './check_exports.mjs';
import figures from './check_figures.mjs';
import keyboard from './check_keyboard.mjs';
import modules from './check_modules.mjs';
import numbers from './check_numbers.mjs';
import offline from './check_offline.mjs';
import report from './check_report.mjs';
import size from './check_size.mjs';

const CHECKS = { ...modules, ...offline, ...size, ...report, ...access, ...keyboard, ...numbers, ...exports, ...figures };
const AT_ONCE = 2;
const LONGEST_MS = 300_000;

async function outcome(name, around) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`took longer than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  });
  const began = Date.now();
  try {
    await Promise.race([CHECKS[name](around), late]);
    return [name, 'passed', '', Date.now() - began];
  } catch (error) {
    return [name, 'failed', String(error.stack ?? error), Date.now() - began];
  } finally {
    clearTimeout(timer);
  }
}

async function all(names, around) {
  const waiting = [...names];
  const done = [];
  const work = async () => {
    while (waiting.length > 0) done.push(await outcome(waiting.shift(), around));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

const [build, pattern = ''] = process.argv.slice(2);
const parts = join(build, '../pictures');
const packages = join(parts, 'tests');
const scratch = mkdtempSync(join(tmpdir(), 'pictures-'));
const browser = await startBrowser({ packages, parts, scratch, chromium: process.env.CHROMIUM ?? '/usr/bin/chromium' });
const rows = await all(Object.keys(CHECKS).filter((name) => name.includes(pattern)), { browser, build, parts, packages, scratch });
await browser.close();
rmSync(scratch, { recursive: true, force: true });
if (process.env.SYMBOLON_PICTURES_REPORT) {
  writeFileSync(process.env.SYMBOLON_PICTURES_REPORT, JSON.stringify(rows));
} else {
  for (const [name, result, detail, ms] of rows) console.log(`${result} ${name} ${ms} ms${detail && `\n    ${detail}`}`);
}
process.exitCode = rows.every(([, result]) => result === 'passed') ? 0 : 1;
