// Every number on the page is one of the result's. What is not shown is never 0, and nothing is added up.
import assert from 'node:assert/strict';
import { settled, withPage } from './browser.mjs';
import { isPlanted, only, planted } from './sample.mjs';

/** Whole numbers that stand in a text, as the page writes them in English; not those of codes, dates and versions. */
export function numbersIn(text) {
  return [...text.matchAll(/(?<![\w.,:-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w:]|[.,-]\w)/g)].map((match) => Number(match[1].replaceAll(',', '')));
}

/** All that can be read or heard on the page, without the scales of axes and legends, which count nothing. */
const readable = (page) => page.evaluate(() => {
  const texts = [];
  const skipped = '.axis, .legend, .provenance, .notes, script, noscript, style, option, header, footer';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest(skipped)) texts.push([walker.currentNode.data, parent.tagName]);
  }
  document.querySelectorAll('[aria-label], [aria-valuetext], [title]').forEach((element) => {
    if (element.closest(skipped)) return;
    texts.push([element.getAttribute('aria-label') ?? element.getAttribute('aria-valuetext') ?? element.getAttribute('title'), 'attribute']);
  });
  return texts;
});

const shown = (cells) => cells.filter((cell) => cell !== null);

/** Numbers that are no counts of what was asked, but of rows and cells of the table itself, and the like. */
function about(report) {
  const known = new Set([95]);
  for (const result of report.results) {
    if (result.suppression) [result.suppression.threshold, result.suppression.cells, result.suppression.suppressed].forEach((n) => known.add(n));
    for (const { half_width: half, threshold, cells } of result.levels ?? []) {
      const hidden = cells.length - shown(cells).length;
      [half, threshold, threshold - 1, cells.length, hidden, shown(cells).length].forEach((n) => known.add(n));
    }
    if (result.privacy) known.add(result.privacy.half_width);
    for (const { half_width: half, threshold, cells } of result.levels ?? []) known.add(shown(cells).filter((cell) => cell - half < threshold).length);
  }
  known.delete(0); // nothing on this page may say that there is none
  return known;
}

function counts(report) {
  const values = new Set();
  const add = (value, half = 0) => [value, value - half, value + half].forEach((n) => values.add(n));
  for (const result of report.results) {
    for (const { half_width: half, cells } of result.levels ?? []) shown(cells).forEach((cell) => add(cell, half));
    const half = result.privacy?.half_width ?? 0;
    shown((result.combinations ?? []).map((one) => one.count)).forEach((count) => add(count, half));
    [...(result.totals ?? []), ...(result.pairs ?? [])].forEach(({ count }) => add(count));
    if (result.common !== undefined) [result.common, ...result.lists.map((list) => list.size)].forEach((n) => add(n));
  }
  for (const { listed, hidden, total, low, high } of report.estimates) [listed, hidden, total, low, high].forEach((n) => add(n));
  return values;
}

const MOST_ROWS = 60; // no sum of planted counts is as small
const YEARS = [2014, 2026];

/** Opens what is folded and shows what is paged, so that all of it is on the page. */
async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  for (const button of await page.locator('button.more:visible').all()) await button.click();
  await settled(page);
}

/** Walks through each choice of each select, and calls look() at every one. */
async function everyView(page, look) {
  await look('first view');
  const selects = await page.locator('select').count();
  for (let i = 0; i < selects; i += 1) {
    const select = page.locator('select').nth(i);
    if (!(await select.isVisible())) continue;
    const values = await select.locator('option').evaluateAll((options) => options.map((option) => option.value));
    for (const value of values.slice(1, 3)) {
      await select.selectOption(value);
      await look(`select ${i}: ${value}`);
    }
    await select.selectOption(values[0]);
  }
}

function strangers(texts, report) {
  const [known, values] = [about(report), counts(report)];
  const found = new Set();
  for (const [text, where] of texts) {
    for (const number of numbersIn(text)) {
      const fine = values.has(number) || known.has(number) || (number > 0 && number <= MOST_ROWS) || (number >= YEARS[0] && number <= YEARS[1]);
      if (!fine) found.add(`${number} in ${where}: ${text.slice(0, 80)}`);
    }
  }
  return [...found];
}

/** The cells of a table as texts, row by row. */
const rowTexts = (table) => table.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));

export default {
  async 'every number on the page is one of the result, in every view'({ browser }) {
    const report = planted();
    await withPage(browser, report, {}, async (page) => {
      await unfold(page);
      let seen = 0;
      await everyView(page, async (view) => {
        const texts = await readable(page);
        seen = Math.max(seen, texts.flatMap(([text]) => numbersIn(text)).length);
        assert.deepEqual(strangers(texts, report), [], view);
      });
      assert.ok(seen > 500, `looked at ${seen} numbers`);
    });
  },

  async 'a sum or a 0 on the page would be noticed'() {
    const report = planted();
    const [country] = report.results[0].levels;
    const [a, b] = shown(country.cells).filter((cell) => cell > 1100);
    assert.ok([...counts(report)].every(isPlanted), 'all that the page may show was planted');
    assert.deepEqual(strangers([[`${a}, ${b}`, 'td']], report), []);
    assert.equal(strangers([[String(a + b), 'td']], report).length, 1);
    assert.equal(strangers([['Libya 0', 'td']], report).length, 1);
    const years = shown(report.results[0].levels[1].cells).slice(0, 4);
    assert.equal(strangers([[String(years.reduce((sum, n) => sum + n, 0)), 'td']], report).length, 1);
    assert.deepEqual(numbersIn('1,999 ± 24 (95 %), 2019-Q2, a1b2, 1.5, < 36'), [1999, 24, 95, 36]);
  },

  async 'the table of places says what the result says, and what is not shown is not 0'({ browser }) {
    const report = only(planted(), 'hotspots');
    const [level] = report.results[0].levels;
    const { codes } = report.results[0].dimensions[0];
    await withPage(browser, report, {}, async (page) => {
      await unfold(page);
      const rows = await page.locator('#hotspots-1 .ranking tbody tr[data-row]').evaluateAll((all) => all.map((row) =>
        [row.dataset.row, row.querySelector('td').firstChild.textContent.trim()]));
      assert.equal(rows.length, codes.length);
      for (const [code, text] of rows) {
        const cell = level.cells[codes.indexOf(code)];
        assert.equal(text, cell === null ? `< ${level.threshold} or none` : cell.toLocaleString('en'), code);
      }
    });
  },

  async 'the table of periods says what the result says'({ browser }) {
    const report = only(planted(), 'trends');
    const [trends] = report.results;
    const [whole, split] = trends.levels;
    const [quarter, type] = trends.dimensions;
    await withPage(browser, report, {}, async (page) => {
      await unfold(page);
      const table = page.locator('#trends-1 .trend-table');
      const heads = (await table.locator('thead th').allInnerTexts()).slice(1);
      assert.equal(heads.length, 1 + type.codes.length);
      const rows = await rowTexts(table);
      assert.equal(rows.length, quarter.codes.length);
      const text = (cell, level) => {
        if (cell === null) return `< ${level.threshold} or none`;
        return cell.toLocaleString('en') + (cell - level.half_width < level.threshold ? ' ?' : '');
      };
      for (const [i, row] of rows.entries()) {
        const [name, all, ...others] = row;
        assert.equal(name, quarter.labels[i]);
        assert.equal(all, text(whole.cells[i], whole));
        others.forEach((other, j) => {
          const at = type.labels.findIndex((label) => heads[j + 1].startsWith(label));
          assert.equal(other, text(split.cells[i * type.codes.length + at], split), `${name}, ${heads[j + 1]}`);
        });
      }
    });
  },

  async 'the table of combinations says what the result says'({ browser }) {
    const report = only(planted(), 'overlap-table');
    await withPage(browser, report, {}, async (page) => {
      for (const [id, result] of [['overlap-table-1', report.results[0]], ['overlap-table-2', report.results[1]]]) {
        const brief = await rowTexts(page.locator(`#${id} table`).first());
        const bare = result.combinations.filter((one) => !one.count);
        assert.equal(brief.length, result.combinations.length - bare.length + (bare.length > 0 ? 1 : 0), 'the bare ones are one line');
        if (bare.length > 0) assert.ok(brief.at(-1)[0].startsWith(`${bare.length} `), brief.at(-1)[0]);
        await page.locator(`#${id} button.more`).click();
        const rows = await rowTexts(page.locator(`#${id} table`).first());
        const expected = new Map(result.combinations.map((one) => [one.in.join(', '),
          one.count === null ? `< ${result.suppression.threshold} or none`
            : one.count.toLocaleString('en') + (result.privacy && one.count - result.privacy.half_width < result.suppression.threshold ? ' ?' : '')]));
        assert.deepEqual(new Map(rows), expected);
      }
    });
  },
};
