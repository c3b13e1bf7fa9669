// A walk through the local server's page in a real browser: node live.mjs PACKAGES, and on standard input one line
// {"url", "other", "peer", "id", "exchange"}: where it may enter, once; the peer whose request waits and its id; an
// exchange with a result. Says on standard output, as JSON, what it saw; the test that started it judges.
//
// Steps are asked for by lines on standard input, so that the test can change what the node does in between.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const packages = createRequire(join(resolve(process.argv[2]), 'package.json'));
const axe = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LEAST_TARGET = 24;
const LONGEST_MS = 90_000;

const browser = await packages('playwright-core').chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
let page = null;
let usual = false; // the page has no options, and may be led to another address: a new renderer costs more than most steps
let problems = [];
let requests = [];

async function look() {
  await page.evaluate(axe);
  return page.evaluate(async ({ tags, least }) => {
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    const small = [...document.querySelectorAll('a[href], button, input, select, summary')]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.width > 0 && !element.closest('.skip') && Math.min(box.width, box.height) < least - 0.01)
      .map(({ element }) => element.outerHTML.slice(0, 90));
    return {
      violations: found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`),
      small,
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
  }, { tags: TAGS, least: LEAST_TARGET });
}

const text = () => page.locator('body').innerText();
const said = () => page.locator('#live').textContent();

const STEPS = {
  async open({ url, options = {} }) {
    const plain = Object.keys(options).length === 0;
    if (plain && usual) {
      await page.unrouteAll();
      await page.goto('about:blank');
    } else {
      await page?.context().close();
      page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
      page.setDefaultTimeout(LONGEST_MS);
      page.on('console', (one) => { if (['error', 'warning'].includes(one.type())) problems.push(one.text()); });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('request', (one) => requests.push(one.url()));
    }
    usual = plain;
    problems = [];
    requests = [];
    await page.goto(url);
    await page.waitForSelector('html[data-ready-ms]');
    return { address: page.url(), text: await text(), cookies: await page.context().cookies() };
  },
  // What the server says to this path from now on.
  async answer({ path, value }) {
    await page.route((url) => url.pathname === path, (route) => route.fulfill({ json: value }));
    return {};
  },
  async view({ name, shows }) {
    await page.evaluate((to) => { location.hash = `#/${to}`; }, name);
    await page.waitForSelector(shows);
    return { text: await text(), ...await look(), focus: await page.evaluate(() => document.activeElement.tagName) };
  },
  async press({ selector, until }) {
    await page.locator(selector).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector(until);
    return { text: await text(), said: await said(), ...await look() };
  },
  async type({ words, until }) {
    await page.keyboard.type(words);
    await page.keyboard.press('Enter');
    await page.waitForSelector(until);
    return { text: await text(), said: await said(), focus: await page.evaluate(() => document.activeElement.id) };
  },
  async key({ name, until }) {
    await page.keyboard.press(name);
    await page.waitForSelector(until, { state: 'attached' });
    return { focus: await page.evaluate(() => document.activeElement.id) };
  },
  async wait({ until }) {
    await page.waitForSelector(until, { state: 'attached' });
    return { text: await text(), said: await said() };
  },
  async reload() {
    await page.reload();
    await page.waitForSelector('html[data-ready-ms]');
    return { text: await text() };
  },
  async inject() {
    return page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return { ran: window.injected === true };
    });
  },
  async picture({ file }) {
    writeFileSync(file, await page.screenshot({ fullPage: true }));
    return {};
  },
  async noted() {
    return { problems, requests };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...options } = JSON.parse(line);
  let answer;
  try {
    answer = await STEPS[step](options);
  } catch (error) {
    answer = { failed: String(error.stack ?? error), text: page && await text().catch(() => ''), problems };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
