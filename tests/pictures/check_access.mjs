// For everybody: WCAG 2.2 AA by axe-core, and what it does not measure.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { settled, withPage } from './browser.mjs';
import { BRIEF, planted } from './sample.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LEAST_TARGET = 24;

async function violations(page, packages, colours) {
  const axe = createRequire(join(resolve(packages), 'package.json')).resolve('axe-core/axe.min.js');
  await page.evaluate(readFileSync(axe, 'utf8'));
  return page.evaluate(async ([tags, contrast]) => {
    const found = await window.axe.run(document, {
      runOnly: { type: 'tag', values: tags }, rules: { 'color-contrast': { enabled: contrast } }, resultTypes: ['violations'],
    });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  }, [TAGS, colours]);
}

/** What can be pressed and is smaller than a fingertip. */
const smallTargets = (page) => page.evaluate((least) =>
  [...document.querySelectorAll('a[href], button, input, select, summary, [role=button], [tabindex="0"]')]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ element, box }) => box.width > 0 && !element.closest('.skip') && Math.min(box.width, box.height) < least - 0.01)
    .map(({ element, box }) => `${element.outerHTML.slice(0, 90)}: ${box.width} x ${box.height}`), LEAST_TARGET);

/** What sticks out of the window, so that the page as a whole would have to be moved sideways. */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// The last say whether colours are looked at: where a mode has those of another they are not, it costs most of the time.
const MODES = {
  'in light': [{ colorScheme: 'light' }, 'en', true],
  'in the dark': [{ colorScheme: 'dark' }, 'fr', true],
  'from right to left': [{ colorScheme: 'light' }, 'he', false],
  'in 320 pixels': [{ viewport: { width: 320, height: 640 } }, 'en', false],
};

async function openEverything(page) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  await settled(page);
}

export default Object.fromEntries(Object.entries(MODES).map(([mode, [options, lang, colours]]) => [
  `meets WCAG 2.2 AA ${mode}, with targets for fingers`,
  async ({ browser, packages }) => withPage(browser, planted(lang, BRIEF), options, async (page) => {
    await openEverything(page);
    if (lang === 'he') assert.equal(await page.evaluate(() => getComputedStyle(document.body).direction), 'rtl');
    assert.deepEqual(await violations(page, packages, colours), []);
    assert.deepEqual(await smallTargets(page), []);
    assert.ok(await overflow(page) <= 0, `${await overflow(page)} pixels stick out`);
  }),
]));
