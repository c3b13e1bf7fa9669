// A Chromium of its own for the tests: new profile, no network, everything that it tries to fetch noted.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assemble } from '../../cli/pictures/assemble.mjs';
import { plainTables } from './plain_tables.mjs';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const VIEWPORT = { width: 1280, height: 900 };
// How long a page may take for a step, on a machine that does much else as well. Nothing is measured by it.
const LONGEST_MS = 90_000;

/**
 * {open, close}. packages: the directory whose node_modules has playwright-core; parts: what the page is made
 * of; scratch: where pages are written.
 */
export async function startBrowser({ packages, parts, scratch, chromium }) {
  const playwright = createRequire(join(resolve(packages), 'package.json'))('playwright-core');
  // Its profile is a new directory below TMPDIR, removed at the end.
  const browser = await playwright.chromium.launch({ executablePath: chromium, headless: true, args: FLAGS });
  let opened = 0;
  const idle = []; // pages without options, between checks: to start another renderer costs more than most of them

  async function newPage(options) {
    const context = await browser.newContext({ viewport: VIEWPORT, acceptDownloads: true, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(LONGEST_MS);
    return page;
  }

  /**
   * A page with this report: {page, url, requests, problems, close}, the lists growing as things happen. options are
   * those of a browser context; change(html) => html alters the file first, before(page) is called while it is empty.
   * close(good): after a check that failed, nobody gets this page again.
   */
  async function open(report, { change = (html) => html, before, ...options } = {}) {
    opened += 1;
    const file = join(scratch, `page-${opened}.html`);
    writeFileSync(file, change(assemble(parts, JSON.stringify(report), plainTables(report))));
    const url = pathToFileURL(file).href;
    const usual = before === undefined && Object.keys(options).length === 0;
    const page = (usual && idle.pop()) || await newPage(options);
    await page.context().setOffline(true);
    const [requests, problems] = [[], []];
    const heard = {
      request: (request) => {
        if (request.url() !== url && !request.url().startsWith('blob:')) requests.push(request.url());
      },
      console: (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      },
      pageerror: (error) => problems.push(String(error)),
    };
    Object.entries(heard).forEach(([what, listener]) => page.on(what, listener));
    await before?.(page);
    await page.goto(url);

    async function close(good) {
      Object.entries(heard).forEach(([what, listener]) => page.off(what, listener));
      if (!usual || !good) return page.context().close();
      await page.mouse.move(0, 0);
      return idle.push(page);
    }
    return { page, url, requests, problems, close };
  }

  return { open, close: () => browser.close() };
}

/** After what was done to the page it has been drawn, and what watches sizes has drawn it again. */
export const settled = (page) => page.evaluate(() => new Promise((done) => {
  const frame = (left) => (left > 0 ? requestAnimationFrame(() => frame(left - 1)) : done());
  frame(4);
}));

/** Waits until holds() does; what did not come by then is for the check to say. */
export async function until(holds) {
  const end = Date.now() + LONGEST_MS;
  while (!holds() && Date.now() < end) await new Promise((next) => { setTimeout(next, 20); });
}

/** Opens, lets use(page, opened) look, and closes. */
export async function withPage(browser, report, options, use) {
  const opened = await browser.open(report, options);
  let good = false;
  try {
    const found = await use(opened.page, opened);
    good = true;
    return found;
  } finally {
    await opened.close(good);
  }
}
