// A page of parts, as `symbolon report` makes it: node assemble.mjs PARTS REPORT.json [TABLES.html] > PAGE.html
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** parts: directory; report: text of a symbolon-report/1 document; tables: what readers without scripts get. */
export function assemble(parts, report, tables = '') {
  const part = (name) => readFileSync(join(parts, `${name}.html`), 'utf8');
  // No < of a label may end the element that the document stands in.
  const harmless = report.replaceAll('<', '\\u003c');
  return part('top') + tables + part('middle') + harmless + part('bottom');
}

if (process.argv[1]?.endsWith('assemble.mjs')) {
  const [, , parts, report, tables] = process.argv;
  process.stdout.write(assemble(parts, readFileSync(report, 'utf8'), tables ? readFileSync(tables, 'utf8') : ''));
}
