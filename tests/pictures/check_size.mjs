// How much there is of it, how fast it is, and that it is always the same.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { withPage } from './browser.mjs';
import { large } from './sample.mjs';

const PARTS = ['top.html', 'top-ui.html', 'middle.html', 'bottom.html'];
const MOST_GZIPPED = 100_000;
// The clock of a machine that does other things besides says nothing about the page; seconds of work do.
const MOST_WORK_S = 2;
const build = fileURLToPath(new URL('../../cli/pictures/build.mjs', import.meta.url));

/** Counts seconds that the processor works for the page: parsing, script, layout and painting. */
function processorTime() {
  let session;
  return {
    async begin(page) {
      session = await page.context().newCDPSession(page);
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    },
    async seconds() {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration').value;
    },
  };
}

export default {
  async 'a hundred thousand cells are ready within two seconds'({ browser }) {
    const report = large();
    const cells = report.results[0].levels.reduce((sum, level) => sum + level.cells.length, 0);
    assert.ok(cells >= 100_000, `${cells} cells`);
    const work = processorTime();
    await withPage(browser, report, { before: work.begin }, async (page, { problems }) => {
      const ready = Number(await page.getAttribute('html', 'data-ready-ms')) / 1000;
      const worked = await work.seconds();
      console.log(`figures: ${cells} cells ready after ${ready.toFixed(2)} s, ${worked.toFixed(2)} s of work on the page in all`);
      assert.deepEqual(problems, []);
      assert.ok(worked < MOST_WORK_S, `${ready} s by the clock, ${worked} s of work`);
      assert.equal(await page.locator('table').evaluateAll((tables) => tables.filter((table) => table.rows.length > 250).length), 0,
        'tables for readers without scripts are not even parsed');
    });
  },

  async 'the page without data is at most 100 kB gzipped'({ parts }) {
    const shell = ['top.html', 'middle.html', 'bottom.html'].map((name) => readFileSync(join(parts, name), 'utf8')).join('');
    const size = gzipSync(shell, { level: 9 }).length;
    console.log(`figures: the page without data is ${size} bytes gzipped`);
    assert.ok(size <= MOST_GZIPPED, `${size} bytes`);
  },

  async 'two builds are the same byte by byte'({ parts, scratch }) {
    const again = join(scratch, 'again');
    mkdirSync(again);
    for (const name of ['node_modules', 'package.json']) symlinkSync(resolve(parts, name), join(again, name));
    execFileSync(process.execPath, [build, again], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (const name of PARTS) assert.ok(readFileSync(join(again, name)).equals(readFileSync(join(parts, name))), `${name} differs`);
  },
};
