// What leaves the page: pictures that say where they come from, tables that run nothing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { withPage } from './browser.mjs';
import { hostile, HOSTILE, only, planted } from './sample.mjs';

const SECTIONS = ['hotspots-1', 'routes-1', 'trends-1', 'overlap-1', 'overlap-table-1', 'overlap-table-2'];
const QUERY_DIGITS = 12;

/** A table as it was written: rows of texts. */
export function parseCsv(text) {
  const rows = [[]];
  const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|$)/gy;
  const body = text.replace(/^\ufeff/, '');
  while (field.lastIndex < body.length) {
    const [, value, end] = field.exec(body);
    rows.at(-1).push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

const queryOf = (result) => result.query_id ?? result.table ?? result.exchange;

/** Calls look(result, tools) for all figures of all sections. */
async function eachFigure(page, report, tool, look) {
  for (const [i, id] of SECTIONS.entries()) {
    const buttons = await page.locator(`#${id} [data-tool=${tool}]`).all();
    assert.ok(buttons.length > 0, `${id} has ${tool}`);
    for (const button of buttons) await look(report.results[i], await saved(page, button), id);
  }
}

/** The released cells of a result by count and bounds; null: suppressed. */
function cellsOf(result) {
  return (result.levels ?? []).flatMap((level) => level.cells.map((cell) =>
    (cell === null ? `suppressed ${level.threshold}` : `${cell} ${cell - level.half_width} ${cell + level.half_width} ${level.threshold}`)));
}

export default {
  async 'CSV has the cells, the query and the threshold, and nothing for what is not shown'({ browser }) {
    const report = planted();
    await withPage(browser, report, {}, async (page) => {
      await eachFigure(page, report, 'csv', (result, { name, bytes }, id) => {
        assert.match(name, /\.csv$/);
        const [head, ...rows] = parseCsv(bytes.toString('utf8'));
        assert.ok(rows.length > 0, id);
        const at = (column) => head.indexOf(column);
        rows.forEach((row) => assert.equal(row[at('query_id')], queryOf(result), id));
        if (!result.levels) return;
        const cells = new Set(cellsOf(result));
        rows.forEach((row) => {
          const [count, low, high, threshold] = ['count', 'low', 'high', 'threshold'].map((column) => row[at(column)]);
          if (row[at('status')] === 'suppressed') assert.deepEqual([count, low, high], ['', '', ''], `${id}: ${row}`);
          assert.ok(cells.has(row[at('status')] === 'suppressed' ? `suppressed ${threshold}` : `${count} ${low} ${high} ${threshold}`), `${id}: ${row}`);
        });
        assert.ok(rows.some((row) => row[at('status')] === 'suppressed'), id);
      });
    });
  },

  async 'the CSV of trends has every cell that was released'({ browser }) {
    const report = only(planted(), 'trends');
    await withPage(browser, report, {}, async (page) => {
      const { bytes } = await saved(page, page.locator('#trends-1 [data-tool=csv]'));
      const [, ...rows] = parseCsv(bytes.toString('utf8'));
      assert.equal(rows.length, cellsOf(report.results[0]).length);
    });
  },

  async 'no field of a CSV is a formula'({ browser }) {
    const report = hostile();
    await withPage(browser, report, {}, async (page) => {
      let met = 0;
      await eachFigure(page, report, 'csv', (result, { bytes }, id) => {
        for (const field of parseCsv(bytes.toString('utf8')).flat()) {
          assert.doesNotMatch(field, /^\s*[=+\-@]/, id);
          met += HOSTILE.some((words) => field.startsWith(`'${words}`)) ? 1 : 0;
        }
      });
      assert.ok(met > 0, 'some were neutralised');
    });
  },

  async 'SVG stands alone, in light colours, and says where it comes from'({ browser }) {
    const report = planted();
    await withPage(browser, report, { colorScheme: 'dark' }, async (page) => {
      const blank = await page.context().newPage();
      await eachFigure(page, report, 'svg', async (result, { name, bytes }, id) => {
        const text = bytes.toString('utf8');
        assert.match(name, /\.svg$/);
        assert.doesNotMatch(text, /<script|\son\w+=|href="http|<foreignObject|@import|url\((?!#|"#|&quot;#)/, id);
        assert.doesNotMatch(text, /rgb\(17, 23, 29\)|rgb\(231, 237, 242\)/, `${id} wears the dark colours`);
        const parsed = await blank.evaluate((svg) => {
          const made = new DOMParser().parseFromString(svg, 'image/svg+xml');
          return { root: made.documentElement.localName, said: [...made.querySelectorAll('text, title, desc')].map((one) => one.textContent).join('\n') };
        }, text);
        assert.equal(parsed.root, 'svg', id);
        assert.ok(parsed.said.includes(queryOf(result).slice(0, QUERY_DIGITS)), `${id} names its query`);
        if (result.suppression) assert.match(parsed.said, new RegExp(`\\b${result.suppression.threshold}\\b`), `${id} has its threshold`);
      });
    });
  },

  async 'PNG is a picture of twice the size'({ browser }) {
    const report = only(planted(), 'routes', 'trends', 'overlap-table');
    await withPage(browser, report, {}, async (page) => {
      for (const id of ['routes-1', 'trends-1', 'overlap-table-1']) {
        const { bytes } = await saved(page, page.locator(`#${id} [data-tool=png]`).first());
        assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n', id);
        assert.ok(bytes.readUInt32BE(16) > 600 && bytes.readUInt32BE(20) > 200, `${id}: ${bytes.readUInt32BE(16)} x ${bytes.readUInt32BE(20)}`);
      }
    });
  },

  async 'Copy puts the picture on the clipboard'({ browser }) {
    await withPage(browser, only(planted(), 'trends'), { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.locator('#trends-1 [data-tool=copy]').click();
      await page.waitForFunction(() => document.getElementById('live').textContent !== '');
      assert.equal(await page.locator('#live').textContent(), 'The picture is on the clipboard.');
      const types = await page.evaluate(async () => (await navigator.clipboard.read())[0].types);
      assert.deepEqual(types, ['image/png']);
    });
  },
};
