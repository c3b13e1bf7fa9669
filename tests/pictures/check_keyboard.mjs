// With keys alone: choose a place, hear its count, open what lies below it, take the picture away.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';
import { only, planted } from './sample.mjs';

const MOST_STEPS = 120;

/** Presses Tab until the element with the focus fits. */
async function tabTo(page, selector, key = 'Tab') {
  for (let i = 0; i < MOST_STEPS; i += 1) {
    await page.keyboard.press(key);
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`${selector}: not reached by ${MOST_STEPS} steps`);
}

const tabBackTo = (page, selector) => tabTo(page, selector, 'Shift+Tab');
const heard = (page) => page.locator('#live').textContent();
const outlined = (page) => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);

export default {
  async 'a place is chosen, heard, opened and exported with keys alone'({ browser }) {
    const report = planted();
    const [hotspots] = report.results;
    await withPage(browser, report, {}, async (page) => {
      await tabTo(page, '#hotspots-1 .ranking tbody button');
      assert.notEqual(await outlined(page), 'none');
      await page.keyboard.press('ArrowDown');
      const place = await page.evaluate(() => document.activeElement.textContent);
      const code = await page.evaluate(() => document.activeElement.dataset.key);
      const level = hotspots.levels[0];
      const count = level.cells[hotspots.dimensions[0].codes.indexOf(code)];
      await page.keyboard.press('Enter');
      const said = await heard(page);
      for (const part of [place, count, count - level.half_width, count + level.half_width]) {
        assert.ok(said.includes(typeof part === 'number' ? part.toLocaleString('en') : part), `"${said}" has ${part}`);
      }
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-pressed')), 'true');
      const drill = page.locator('#hotspots-1 .drill');
      assert.ok((await drill.innerText()).includes(place), 'what lies below the place is shown');
      assert.ok(await drill.locator('table').count() > 0);

      await tabBackTo(page, '#hotspots-1 [data-tool=png]');
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      assert.match(download.suggestedFilename(), /\.png$/);
      assert.match(await heard(page), /\.png/);
    });
  },

  async 'periods are read with the arrow keys'({ browser }) {
    const report = only(planted(), 'trends');
    const [trends] = report.results;
    await withPage(browser, report, {}, async (page) => {
      await page.locator('#trends-1 select').first().focus();
      await tabTo(page, '#trends-1 input[type=range]');
      await page.keyboard.press('Home');
      const [quarter, type] = trends.dimensions;
      const said = await heard(page);
      assert.ok(said.startsWith(quarter.labels[0]), said);
      type.labels.forEach((label, i) => {
        const cell = trends.levels[1].cells[i];
        assert.ok(said.includes(cell === null ? `${label}: below ${trends.levels[1].threshold} or none` : `${label}: ${cell}, plus or minus`), `${said}: ${label}`);
      });
      await page.keyboard.press('ArrowRight');
      assert.ok((await heard(page)).startsWith(quarter.labels[1]));
    });
  },

  async 'the first step leads past the head, and nothing holds the focus'({ browser }) {
    await withPage(browser, only(planted(), 'trends', 'overlap', 'overlap-table'), {}, async (page) => {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#main');
      await page.keyboard.press('Enter');
      const seen = new Set();
      for (let i = 0; i < 400; i += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const all = [...document.querySelectorAll('*')];
          return document.activeElement === document.body ? -1 : all.indexOf(document.activeElement);
        });
        if (at < 0) return;
        assert.ok(!seen.has(at) || i > 100, 'the focus goes round in a circle');
        seen.add(at);
      }
      throw new Error('the end of the page was not reached by 400 steps');
    });
  },
};
