// Makes the parts of the page: `node build.mjs DIRECTORY`, which has node_modules and gets the parts.
//
// A page is top + plain tables + middle + JSON + bottom. The command line writes what lies between;
// top-ui.html and bottom-ui.html are those of the local server's page: it may talk to where it comes from, and
// has the views that only it needs. All that the page runs or is styled
// with is named by its hash in the policy, so that nothing else is.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const source = join(dirname(fileURLToPath(import.meta.url)), 'src');
const into = resolve(process.argv[2]);
const packages = createRequire(join(into, 'package.json'));
const esbuild = packages('esbuild');

const MOST_GZIPPED = 100_000;
// In the order of the page; what stands between them is inserted.
const MARKS = ['@TABLES@', '@DATA@'];

function bundle(entry, options) {
  const made = esbuild.buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    charset: 'utf8',
    legalComments: 'none',
    nodePaths: [join(into, 'node_modules')],
    ...options,
  });
  return { text: made.outputFiles[0].text.trim(), metafile: made.metafile };
}

/** Writes the base map where the bundle finds it. */
async function makeBaseMap() {
  const made = join(into, 'basemap.mjs');
  bundleToFile(join(source, '..', 'basemap.mjs'), made);
  const { baseMap } = await import(pathToFileURL(made).href);
  const atlas = JSON.parse(readFileSync(packages.resolve('world-atlas/countries-50m.json'), 'utf8'));
  writeFileSync(join(into, 'basemap.json'), JSON.stringify(baseMap(atlas)));
}

// The packages lie beside the result, not beside the source, where Node would look for them.
function bundleToFile(entry, file) {
  writeFileSync(file, bundle(entry, { format: 'esm', platform: 'node', minify: false }).text);
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function policy(script, style, connect) {
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src blob:', // a picture on its way from SVG to PNG
    ...(connect ? [`connect-src ${connect}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

// The permission notices of the packages of which something is in the page, as they ask.
function licences(names) {
  const texts = names.map((name) => `${name}\n\n${readFileSync(join(into, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`);
  return `<!--\nThis page contains parts of:\n\n${texts.join('\n\n').replaceAll('--', '- -')}\n-->`;
}

function packagesIn(metafile) {
  const names = Object.keys(metafile.inputs).map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

function split(page) {
  const parts = [];
  let rest = page;
  for (const mark of MARKS) {
    const [before, ...after] = rest.split(mark);
    if (after.length !== 1) throw new Error(`page.html: ${mark} must stand there once`);
    parts.push(before);
    [rest] = after;
  }
  return [...parts, rest];
}

function assemble({ script, style, notices, connect }) {
  // Functions, because $& in a text that is inserted means something to replace().
  return readFileSync(join(source, 'page.html'), 'utf8')
    .replace('@POLICY@', () => policy(script, style, connect))
    .replace('@STYLE@', () => style)
    .replace('@SCRIPT@', () => script)
    .replace('@LICENCES@', () => notices);
}

mkdirSync(into, { recursive: true });
await makeBaseMap();

/** The parts of a page with this script and style, which may connect to these places. */
function pageOf(main, styles, connect) {
  const program = bundle(join(source, main), {
    format: 'iife',
    target: 'es2021',
    alias: { basemap: join(into, 'basemap.json') },
  });
  const script = program.text.replace(/<\/script/gi, '<\\/script').replace(/<!--/g, '<\\!--');
  const style = bundle(join(source, styles), {}).text;
  if (/<\/style/i.test(style)) throw new Error(`${styles}: ends its own element`);
  return split(assemble({ script, style, notices: licences(packagesIn(program.metafile)), connect }));
}

const [top, middle, bottom] = pageOf('main.js', 'style.css');
const [topOfUi, , bottomOfUi] = pageOf('live/main.js', 'live.css', "'self'");
writeFileSync(join(into, 'top.html'), top);
writeFileSync(join(into, 'top-ui.html'), topOfUi);
writeFileSync(join(into, 'middle.html'), middle);
writeFileSync(join(into, 'bottom.html'), bottom);
writeFileSync(join(into, 'bottom-ui.html'), bottomOfUi);

const gzipped = gzipSync(top + middle + bottom, { level: 9 }).length;
console.log(`  PAGE	${Math.ceil(gzipped / 1000)} kB gzipped`);
if (gzipped > MOST_GZIPPED) throw new Error(`the page has ${gzipped} bytes gzipped, ${MOST_GZIPPED} at most`);
