// The page that the command line writes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble } from '../../cli/pictures/assemble.mjs';
import { plainTables } from './plain_tables.mjs';
import { hostile, large, planted } from './sample.mjs';

const MOST_BYTES = 1 << 26;

/** Where two texts part, with what is around; null: nowhere. */
function difference(a, b) {
  if (a === b) return null;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return `at ${at}: ${JSON.stringify(a.slice(at - 40, at + 60))} and ${JSON.stringify(b.slice(at - 40, at + 60))}`;
}

export default {
  async 'the report that the C code writes is that of the page\'s own tools, byte by byte'({ build, parts, scratch }) {
    const reports = { en: planted(), fr: planted('fr'), hostile: hostile(), large: large(), empty: { ...planted(), results: [], estimates: [], notes: [] } };
    for (const [name, report] of Object.entries(reports)) {
      const file = join(scratch, `${name}.json`);
      const json = JSON.stringify(report);
      writeFileSync(file, json);
      const written = execFileSync(join(build, 'tests/tools/make_report'), [file], { maxBuffer: MOST_BYTES }).toString('utf8');
      assert.equal(difference(written, assemble(parts, json, plainTables(report))), null, name);
    }
  },
};
