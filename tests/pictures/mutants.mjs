// Breaks the page in each of these ways and shows that the check named there fails: `node mutants.mjs build/release [PATTERN]`.
// The tree is not touched; takes some minutes.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../cli/pictures', import.meta.url));
const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));

/** [what is broken, the check that must fail, [file, text, replacement]…] */
const MUTANTS = [
  ['the page asks somebody for a picture', 'asks nothing of anybody', ['build.mjs', "'img-src blob:'", "'img-src *'"],
    ['src/main.js', 'const began =', "new Image().src = 'http://127.0.0.1:9/x';\nconst began ="]],
  ['the page complains', 'asks nothing of anybody', ['src/main.js', 'const began =', "console.error('x');\nconst began ="]],
  ['any inline script may run', 'put into the file', ['build.mjs', '`script-src ${hash(script)}`', '"script-src \'unsafe-inline\'"']],
  ['everything may be loaded', 'load and send nothing', ['build.mjs', "default-src 'none'", 'default-src *']],
  ['any style may be added', 'load and send nothing', ['build.mjs', '`style-src ${hash(style)}`', '"style-src \'unsafe-inline\'"']],
  ['labels become markup', 'hostile words', ['src/dom.js', 'element.append(child);',
    "typeof child === 'string' && child.includes('<') ? element.insertAdjacentHTML('beforeend', child) : element.append(child);"]],
  ['the tables are hidden', 'without scripts', ['src/page.html', '<div id="tables">', '<div id="tables" hidden>']],
  ['the page thinks for a while', 'hundred thousand cells', ['src/main.js', 'const began = performance.now();',
    'const began = performance.now();\nwhile (performance.now() - began < 2500);']],
  ['the page is heavy', '100 kB', ['build.mjs', 'const MOST_GZIPPED = 100_000', 'const MOST_GZIPPED = 900_000'],
    ['build.mjs', ".replace('@STYLE@', () => style)", ".replace('@STYLE@', () => style + '/*' + Array.from({ length: 30000 }, () => Math.random()).join('') + '*/')"]],
  ['no two builds are alike', 'two builds', ['build.mjs', ".replace('@SCRIPT@', () => script)", ".replace('@SCRIPT@', () => `${script}//${process.pid}`)"]],
  ['the page is not the one that was built into the program', 'byte by byte', ['src/page.html', '</body>', '\n</body>']],
  ['muted text is pale', 'AA in light', ['src/style/colours.css', '--muted: #4e5c69', '--muted: #a9b2ba']],
  ['muted text is dim in the dark', 'AA in the dark', ['src/style/colours.css', '--muted: #a5b3bf', '--muted: #46515b']],
  ['buttons are too small for fingers', 'AA in light', ['src/style/parts.css', 'min-height: 1.9rem', 'max-height: 1rem; padding-block: 0']],
  ['sliders are too small for fingers', 'AA in light', ['src/style/trends.css', 'height: 1.75rem', 'height: 1rem']],
  ['fields have no names', 'AA in light', ['src/filters.js', "return h('label', null, label, ' ', select);", 'return select;']],
  ['the direction is forgotten', 'right to left', ['src/frame.js', "document.documentElement.dir = 'rtl'", "document.documentElement.dir = 'ltr'"]],
  ['tables stick out', '320 pixels', ['src/style/parts.css', 'table { border-collapse: collapse;', 'table { min-width: 30rem; border-collapse: collapse;']],
  ['places cannot be reached with keys', 'keys alone', ['src/ranking.js', "class: 'name',", "class: 'name', tabindex: -1,"]],
  ['a chosen place is not said', 'keys alone', ['src/hotspots.js', "page.say(words('hotspots.chosen'", "String(words('hotspots.chosen'"]],
  ['focus is not to be seen', 'keys alone', ['src/style/page.css', ':focus-visible { outline: 3px solid var(--accent);', ':focus-visible { outline: none;']],
  ['a period that is read is not said', 'arrow keys', ['src/trends.js', 'say([time.labels[at]', 'String([time.labels[at]']],
  ['the head cannot be skipped', 'first step', ['src/report.js', "h('a', { class: 'skip', href: '#main' }", "h('b', { class: 'skip' }"]],
  ['totals are added up on the page', 'every number', ['src/overlap/view.js', 'total: totals.get(name) ?? null',
    'total: totals.get(name) ?? rows.filter((row) => row.names.includes(name)).reduce((sum, row) => sum + row.value, 0)']],
  ['what is not shown is 0', 'every number', ['src/bars.js', "words('cell.hidden', { threshold: level.threshold }));", 'words.number(0));']],
  ['places show their lower bound', 'table of places', ['src/bars.js', "h('td', { class: 'number' }, words.number(cell.value),", "h('td', { class: 'number' }, words.number(cell.low),"]],
  ['periods show what is not shown as 0', 'table of periods', ['src/trends.js', "words('cell.hidden', { threshold: level.threshold }));", "'0');"]],
  ['combinations lose a list', 'table of combinations', ['src/overlap/view.js', 'names: members.map(', 'names: members.slice(0, 3).map(']],
  ['totals appear where none were released', 'only there', ['src/overlap/view.js', 'total: totals.get(name) ?? null', 'total: totals.get(name) ?? 46']],
  ['what was not released is left out of the chart', 'hatched in a chart', ['src/overlap.js', 'rows: shown, width', 'rows: shown.filter((row) => row.value !== null), width']],
  ['CSV has bounds of what is not shown', 'nothing for what is not shown', ['src/csv.js', 'shown ? cell.high : null', 'cell.high']],
  ['CSV has no threshold', 'nothing for what is not shown', ['src/csv.js', 'level.halfWidth, level.threshold', 'level.halfWidth, null']],
  ['CSV does not name its query', 'nothing for what is not shown', ['src/csv.js', 'release.raw.query_id];', 'null];']],
  ['CSV of trends has only the panels', 'CSV of trends', ['src/trends.js', '...columnsOf({ whole, panels }).flatMap(rowsOf)', '...panels.flatMap(rowsOf)']],
  ['fields of a CSV are formulas', 'a formula', ['src/csv.js', String.raw`/(^|[;\t\r\n])(?=\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g`, '/^=$/']],
  ['pictures do not say where they come from', 'SVG stands alone', ['src/export.js', 'const lines = wrapped(sentences,', "const lines = wrapped([''],"]],
  ['pictures wear the colours of the page', 'SVG stands alone', ['src/export.js', "paper.className = 'paper'", "paper.className = 'hidden'"]],
  ['pictures in pixels are small', 'PNG', ['src/export.js', 'const PNG_SCALE = 2', 'const PNG_SCALE = .2']],
  ['Copy copies no picture', 'Copy', ['src/tools.js', "await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);", "await png; await navigator.clipboard.writeText('x');"]],
  ['lines go on where nothing is shown', 'lines stop', ['src/trends/view.js', 'const shown = row.value !== null;\n    const run', 'const shown = row.low >= 0;\n    const run']],
  ['noise passes for a count', 'noise alone', ['src/result.js', 'halfWidth > 0 && value - halfWidth < threshold', 'halfWidth > threshold']],
  ['who may not look is not told why nothing is there', 'held back', ['src/style/page.css', 'animation: late 0s 2s forwards', '']],
  ['headings do not say what they are of', 'a heading names', ['src/report.js', "subject && [' ', h('bdi', { class: 'subject' }, subject)]", 'null']],
  ['names may turn the line around', 'other direction', ['src/bidi.js', ".replace(CONTROLS, '\\ufffd')", '']],
  ['names are not set apart', 'other direction', ['src/bidi.js', '? ISOLATE + text + POP : text', '? text : text']],
  ['an assumption is left out', 'an estimate', ['src/estimate.js', "h('ul', null, raw.assumptions.map", "h('ul', null, raw.assumptions.slice(1).map"]],
];

/** A directory like build/, with the parts made of a broken source. */
function breakAndBuild(build, edits) {
  const room = mkdtempSync(join(tmpdir(), 'mutant-'));
  const source = join(room, 'source');
  cpSync(SOURCE, source, { recursive: true });
  for (const [file, text, replacement] of edits) {
    const path = join(source, file);
    const before = readFileSync(path, 'utf8');
    if (before.split(text).length !== 2) throw new Error(`${file} does not have this once: ${text}`);
    writeFileSync(path, before.replace(text, () => replacement));
  }
  const parts = join(room, 'pictures');
  mkdirSync(parts);
  for (const name of ['node_modules', 'package.json', 'tests']) symlinkSync(resolve(build, '../pictures', name), join(parts, name));
  symlinkSync(resolve(build), join(room, 'release'));
  execFileSync(process.execPath, [join(source, 'build.mjs'), parts], { stdio: ['ignore', 'ignore', 'inherit'] });
  return room;
}

/** "caught", or how the check got past it. */
function judge(build, check, edits) {
  const room = breakAndBuild(build, edits);
  try {
    const report = join(room, 'rows.json');
    spawnSync(process.execPath, [RUN, join(room, 'release'), check],
      { stdio: 'ignore', env: { ...process.env, TMPDIR: room, SYMBOLON_PICTURES_REPORT: report } });
    const rows = JSON.parse(readFileSync(report, 'utf8'));
    if (rows.length === 0) return 'IS NO CHECK';
    return rows.some(([, result]) => result === 'failed') ? 'caught' : 'SURVIVED';
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

const [build, pattern = ''] = process.argv.slice(2);
let bad = 0;
for (const [what, check, ...edits] of MUTANTS.filter(([words, name]) => words.includes(pattern) || name.includes(pattern))) {
  let verdict;
  try {
    verdict = judge(build, check, edits);
  } catch (error) {
    verdict = `IS NONE: ${error.message.split('\n')[0]}`;
  }
  bad += verdict === 'caught' ? 0 : 1;
  console.log(`${verdict}  ${check}: ${what}`);
}
process.exitCode = bad === 0 ? 0 : 1;
