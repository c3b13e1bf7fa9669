// What single figures owe their readers.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';
import { only, planted } from './sample.mjs';

export default {
  async 'lines stop where a quarter is not shown'({ browser }) {
    const report = only(planted(), 'trends');
    const [whole] = report.results[0].levels;
    const runs = whole.cells.map((cell) => (cell === null ? ' ' : 'x')).join('').split(/ +/).filter((run) => run.length > 1);
    await withPage(browser, report, {}, async (page) => {
      const line = await page.locator('#trends-1 .trend-line').first().getAttribute('d');
      assert.deepEqual(line.split('M').slice(1).map((part) => part.split('L').length), runs.map((run) => run.length));
      const hatched = await page.locator('#trends-1 .trend-hatch').first().getAttribute('d');
      assert.equal(hatched.split('M').length - 1, whole.cells.map((cell) => (cell === null ? 'x' : ' ')).join('').split(/ +/).filter(Boolean).length);
    });
  },

  async 'an estimate comes with its interval, its assumptions and its warnings'({ browser }) {
    const report = only(planted(), 'overlap-table');
    const [{ assumptions, warnings }] = report.estimates;
    for (const [lang, word] of [['en', 'not a count'], ['fr', 'pas un comptage']]) {
      await withPage(browser, { ...report, lang }, {}, async (page) => {
        const text = await page.locator('#overlap-table-1 .warning').innerText();
        assert.ok(text.includes(word), text);
        assert.equal(await page.locator('#overlap-table-1 .warning li').count(), assumptions.length);
        for (const said of [...assumptions, ...warnings]) assert.equal(text.includes(said), lang === 'en', `${lang}: ${said}`);
      });
    }
  },

  async 'totals and pairs are shown where the release has them, and only there'({ browser }) {
    await withPage(browser, only(planted(), 'overlap-table'), {}, async (page) => {
      assert.equal(await page.locator('#overlap-table-1 .upset-total').count(), 6);
      assert.equal(await page.locator('#overlap-table-1 .pair-cell').count(), 15);
      assert.equal(await page.locator('#overlap-table-2 .upset-total').count(), 0);
      assert.equal(await page.locator('#overlap-table-2 .pair-cell').count(), 0);
    });
  },

  async 'a result of before a restore says in which log it is'({ browser }) {
    const report = only(planted(), 'routes', 'overlap-table');
    for (const [lang, said] of [['en', 'in the log of before a restore, entry 4,799'], ['fr', 'au journal d’avant une restauration, entrée']]) {
      await withPage(browser, { ...report, lang }, {}, async (page) => {
        assert.ok((await page.locator('#overlap-table-1 .provenance').innerText()).includes(said));
        assert.ok(!(await page.locator('#routes-1 .provenance').innerText()).includes(said));
      });
    }
  },

  async 'a count that may be noise alone is marked, and how many such there may be is told'({ browser }) {
    const report = only(planted(), 'routes', 'overlap-table');
    const [routes, exact, noisy] = report.results;
    const [level] = routes.levels;
    const [, destination] = routes.dimensions;
    const isUnsure = (cell) => cell !== null && cell - level.half_width < level.threshold;
    const unsure = level.cells.filter(isUnsure).length;
    const onMap = level.cells.filter((cell, i) => isUnsure(cell)
      && routes.dimensions[0].points[Math.floor(i / destination.codes.length)]).length;
    assert.ok(onMap > 0 && noisy.combinations.every(({ count }) => count === null || count >= noisy.suppression.threshold));
    for (const [lang, mark, expected] of [['en', 'perhaps noise alone', 'at most 0.1'], ['fr', 'peut-être du bruit seul', 'au plus 0,1']]) {
      await withPage(browser, { ...report, lang }, {}, async (page) => {
        await page.locator('#routes-1 details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));
        for (const more of await page.locator('#routes-1 .more:visible').all()) await more.click();
        assert.equal(await page.locator('#routes-1 .ranking td .unsure').count(), unsure);
        assert.equal(await page.locator('#routes-1 .drawing .arrows .unsure, #routes-1 .drawing > svg > .within.unsure').count(), onMap);
        assert.ok((await page.locator('#routes-1 .ranking').first().textContent()).includes(mark));
        assert.match(await page.locator('#routes-1 .provenance').innerText(), new RegExp(expected));
        assert.match(await page.locator('#routes-1 .split').innerText(), new RegExp(expected));
        assert.equal(await page.locator('#overlap-table-1').getByText(/ \?( |$)/).count(), 0, `${exact.mode} counts are no noise`);
        assert.ok(!(await page.locator('#overlap-table-1').innerText()).includes(expected));
      });
    }
  },

  async 'a heading names the data and the period'({ browser }) {
    await withPage(browser, planted(), {}, async (page) => {
      const headings = await page.locator('h2').allInnerTexts();
      const told = headings.map((text) => text.replace(/\s+/g, ' '));
      assert.deepEqual(told, ['Hotspots incidents · 2019 to 2023', 'Routes incidents', 'Trends incidents · 2014-Q1 to 2025-Q4',
        'Overlap suspects · this node', 'Overlap of lists, exact victims', 'Overlap of lists, with noise victims']);
    });
  },

  async 'an overlap names what was compared and who counted, in every language'({ browser }) {
    const report = only(planted(), 'overlap', 'overlap-table');
    report.results[1].tallier = 'this node';
    const said = {
      en: [['Identifier', 'IBAN'], ['Identifier', 'name'], ['Counted by', 'bank-a'], ['Counted by', 'agency']],
      fr: [['Identifiant', 'IBAN'], ['Identifiant', 'nom'], ['Compté par', 'bank-a'], ['Compté par', 'agency']],
    };
    for (const [lang, [pair, table, own, other]] of Object.entries(said)) {
      await withPage(browser, { ...report, lang }, {}, async (page) => {
        const strip = async (id) => (await page.locator(`#${id} .provenance`).innerText()).replace(/\s+/g, ' ');
        assert.ok((await strip('overlap-1')).includes(pair.join(' ')), await strip('overlap-1'));
        assert.ok(!(await strip('overlap-1')).includes(own[0]), 'of two nodes, both count');
        assert.ok((await strip('overlap-table-1')).includes(table.join(' ')), await strip('overlap-table-1'));
        assert.ok((await strip('overlap-table-1')).includes(own.join(' ')), await strip('overlap-table-1'));
        assert.ok((await strip('overlap-table-2')).includes(other.join(' ')), await strip('overlap-table-2'));
      });
    }
  },

  async 'names of the other direction stand apart, and turn nothing around'({ browser }) {
    const report = only(planted(), 'hotspots');
    const [country] = report.results[0].dimensions;
    country.labels = country.labels.map((label, i) => (i === 0 ? '\u202eLibya' : `\u05dc\u05d5\u05d1 (${i})`));
    country.codes = country.codes.map((code, i) => `${code.toLowerCase()}${i}`); // not a country's: the label counts
    await withPage(browser, report, {}, async (page) => {
      assert.equal(await page.locator('#hotspots-1 .ranking th bdi').count(), await page.locator('#hotspots-1 .ranking tbody th').count());
      const labels = await page.locator('#hotspots-1 .labels text').allTextContents();
      assert.ok(labels.some((text) => text.startsWith('\u2068\u05dc\u05d5\u05d1 (')), labels.join());
      const all = await page.locator('#page').textContent();
      assert.ok(!all.includes('\u202e') && all.includes('\ufffdLibya'));
    });
    await withPage(browser, only(planted('he'), 'hotspots'), {}, async (page) => {
      const labels = await page.locator('#hotspots-1 .labels text').allTextContents();
      assert.ok(labels.length > 0 && labels.every((text) => /^\u2068.+\u2069 /.test(text)), labels.join());
    });
  },

  async 'countries have the names of the reader\'s language, also where there is no map'({ browser }) {
    await withPage(browser, only(planted('fr'), 'hotspots', 'routes'), {}, async (page) => {
      const text = await page.locator('#page').innerText();
      for (const [french, english] of [['Libye', 'Libya'], ['Espagne', 'Spain'], ['Tchad', 'Chad']]) {
        assert.ok(text.includes(french), french);
        assert.ok(!text.includes(english), english);
      }
    });
    await withPage(browser, only(planted('fr'), 'hotspots'), { javaScriptEnabled: false }, async (page) => {
      assert.match(await page.locator('#tables').innerText(), /Libya \(LY\)/);
    });
  },

  async 'what was not released is hatched in a chart of combinations'({ browser }) {
    const report = only(planted(), 'overlap-table');
    const hidden = report.results[1].combinations.filter((one) => one.count === null).length;
    await withPage(browser, report, {}, async (page) => {
      await page.locator('#overlap-table-2 button.more').click();
      assert.equal(await page.locator('#overlap-table-2 .hatched').count(), hidden);
    });
  },
};
