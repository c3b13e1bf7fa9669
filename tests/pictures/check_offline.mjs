// The page needs nothing and nobody, and runs nothing but its own script.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { settled, until, withPage } from './browser.mjs';
import { hostile, HOSTILE, only, planted } from './sample.mjs';

const refusals = (problems) => problems.filter((text) => /Content Security Policy/.test(text)).length;

/** A server that counts who comes; nobody may. */
async function countingServer() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.end();
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { seen, address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export default {
  async 'a report from a file asks nothing of anybody and says nothing on the console'({ browser }) {
    for (const lang of ['en', 'fr']) {
      await withPage(browser, planted(lang), {}, async (page, { requests, problems }) => {
        await settled(page);
        assert.deepEqual(requests, []);
        assert.deepEqual(problems, []);
        assert.equal(await page.getAttribute('html', 'lang'), lang);
        assert.ok(Number(await page.getAttribute('html', 'data-ready-ms')) >= 0, 'the page says when it is ready');
      });
    }
  },

  async 'a script that was put into the file does not run'({ browser }) {
    const change = (html) => html.replace('<div id="page">', '<script>window.taken=1</script><b onclick="window.taken=2" id="trap">x</b><div id="page">');
    await withPage(browser, only(planted(), 'overlap'), { change }, async (page, { problems }) => {
      await page.click('#trap');
      await until(() => refusals(problems) >= 2);
      assert.equal(await page.evaluate(() => window.taken), undefined);
      assert.ok(refusals(problems) >= 2, `the policy said so: ${problems}`);
    });
  },

  async 'what gets onto the page can load and send nothing, nor dress it up'({ browser }) {
    const server = await countingServer();
    try {
      await withPage(browser, only(planted(), 'overlap'), {}, async (page, { problems }) => {
        await page.context().setOffline(false);
        const before = await page.evaluate(() => document.body.getBoundingClientRect().width);
        await page.evaluate((address) => {
          const add = (tag, attributes) => {
            const element = document.createElement(tag);
            Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
            document.body.append(element);
          };
          add('img', { src: `${address}/image`, onerror: 'window.taken=1' });
          add('script', { src: `${address}/script` });
          add('link', { rel: 'stylesheet', href: `${address}/style` });
          add('iframe', { src: `${address}/frame` });
          add('style', {});
          document.body.lastChild.textContent = 'body { width: 77px }';
          document.body.setAttribute('style', 'width: 78px');
          fetch(`${address}/fetch`).catch(() => {});
          navigator.sendBeacon(`${address}/beacon`, 'x');
        }, server.address);
        await until(() => problems.length >= 5);
        await settled(page);
        assert.deepEqual(server.seen, []);
        assert.equal(await page.evaluate(() => window.taken), undefined);
        assert.equal(await page.evaluate(() => document.body.getBoundingClientRect().width), before);
        assert.ok(problems.length >= 5, problems.join('\n'));
      });
    } finally {
      server.close();
    }
  },

  async 'hostile words of partners stay text'({ browser }) {
    await withPage(browser, hostile(), {}, async (page, { requests, problems }) => {
      await settled(page);
      assert.equal(await page.evaluate(() => window.taken), undefined);
      assert.deepEqual(requests, []);
      assert.deepEqual(problems, []);
      const text = await page.evaluate(() => document.body.textContent);
      for (const words of HOSTILE.slice(0, 6)) assert.ok(text.includes(words), `shown as it is: ${words}`);
      assert.equal(await page.evaluate(() => document.querySelectorAll('#page img, #page script, #page [onload], #page [onerror]').length), 0);
    });
  },

  async 'a script that is held back is not missed in silence'({ browser }) {
    const change = (html) => html.replace('<script>', '<script> ');
    await withPage(browser, only(planted(), 'overlap'), { change }, async (page) => {
      await page.waitForFunction(() => getComputedStyle(document.querySelector('.late')).opacity === '1');
      assert.match(await page.locator('#page').innerText(), /Open the file in another browser/);
      assert.equal(await page.getAttribute('html', 'data-ready-ms'), null);
    });
    await withPage(browser, only(planted(), 'overlap'), {}, async (page) => {
      assert.equal(await page.locator('.late').count(), 0);
    });
  },

  async 'without scripts the tables remain'({ browser }) {
    const report = planted();
    await withPage(browser, report, { javaScriptEnabled: false }, async (page, { requests, problems }) => {
      assert.deepEqual(requests, []);
      assert.deepEqual(problems.filter((text) => !/script/i.test(text)), []);
      const tables = await page.locator('#tables table').count();
      assert.ok(tables >= report.results.length, `${tables} tables for ${report.results.length} results`);
      const text = await page.locator('#tables').innerText();
      for (const result of report.results) {
        const [count] = (result.levels?.[0].cells ?? result.combinations?.map((one) => one.count) ?? [result.common]).filter((cell) => cell !== null);
        assert.match(text, new RegExp(`\\b${count}\\b`), `${result.kind} has its counts`);
      }
    });
  },
};
