// Parts of the page that need no browser: levels, names, packed borders, files for spreadsheets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { packArcs, unpackArcs } from '../../cli/pictures/src/arcs.js';
import { toCsv } from '../../cli/pictures/src/csv.js';
import { focusOf } from '../../cli/pictures/src/focus.js';
import { filterSets, plainest, settle } from '../../cli/pictures/src/levels.js';
import { captionOf } from '../../cli/pictures/src/provenance.js';
import { ranked, Release } from '../../cli/pictures/src/result.js';
import common from '../../cli/pictures/src/words/common.js';
import hotspots from '../../cli/pictures/src/words/hotspots.js';
import overlap from '../../cli/pictures/src/words/overlap.js';
import routes from '../../cli/pictures/src/words/routes.js';
import { makeWords } from '../../cli/pictures/src/words.js';

const words = makeWords('en');
const dimension = (id, role, codes) => ({ id, label: id, role, codes, labels: codes, points: [] });
const DIMENSIONS = [dimension('country', 'place', ['LY', 'IT']), dimension('year', 'time', ['2023', '2024', '2025']),
  dimension('sex', 'category', ['female', 'male'])];

// Cells count up from `first`, so that each is known by its value; the second is not shown.
function release(levels, first = 100) {
  const size = (ids) => ids.reduce((n, id) => n * DIMENSIONS.find((d) => d.id === id).codes.length, 1);
  return new Release({ kind: 'hotspots', exchange: 'a', dimensions: DIMENSIONS, levels: levels.map((ids) => ({
    dimensions: ids, half_width: 3, threshold: 12,
    cells: Array.from({ length: size(ids) }, (_, i) => (i === 1 ? null : first + i)) })) }, words.nameOf);
}

const values = ({ rows }) => rows.map((row) => row.value);

export default {
  'a level is read by any of its dimensions'() {
    const cube = release([['country', 'year', 'sex']]);
    assert.deepEqual(values(cube.series('sex', { country: 'IT', year: '2024' })), [108, 109]);
    assert.deepEqual(values(cube.series('country', { year: '2025', sex: 'female' })), [104, 110]);
    assert.deepEqual(values(cube.series('sex', { country: 'LY', year: '2023' })), [100, null]);
    assert.deepEqual(cube.pairs('year', 'country', { sex: 'male' }).rows.map((row) => [row.from, row.to, row.value]),
      [['2023', 'LY', null], ['2023', 'IT', 107], ['2024', 'LY', 103], ['2024', 'IT', 109], ['2025', 'LY', 105], ['2025', 'IT', 111]]);
  },

  'epsilon is of an incident or a record, and no promise about a person'() {
    for (const [lang, ofWhat, person] of [['en', /one incident or record/, /person/], ['fr', /un incident ou un enregistrement/, /personne/]]) {
      const said = makeWords(lang)('provenance.epsilon.value', { one: 1, three: 3 });
      assert.match(said, ofWhat);
      assert.doesNotMatch(said, person);
    }
  },

  'a level that was not asked has no answer'() {
    const cube = release([['country', 'year']]);
    assert.equal(cube.series('country'), null);
    assert.equal(cube.series('sex', { country: 'LY' }), null);
    assert.equal(cube.pairs('country', 'sex'), null);
    assert.throws(() => cube.series('country', { year: '1999' }), /there is no 1999/);
  },

  'what is not shown reaches to the threshold and is ranked last'() {
    const [first, last] = ranked(release([['country']]).series('country').rows);
    assert.deepEqual([first.code, first.value, first.low, first.high], ['LY', 100, 97, 103]);
    assert.deepEqual([last.code, last.value, last.low, last.high], ['IT', null, 0, 11]);
  },

  'a choice moves to a level that was asked'() {
    const cube = release([['country'], ['country', 'year'], ['country', 'year', 'sex']]);
    const sets = filterSets(cube, ['country']);
    assert.deepEqual(plainest(sets), []);
    assert.deepEqual(settle(cube, sets, {}, 'year', '2023'), { year: '2023' });
    assert.deepEqual(settle(cube, sets, {}, 'sex', 'male'), { year: '2025', sex: 'male' });
    assert.deepEqual(settle(cube, sets, { year: '2024', sex: 'male' }, 'sex', null), { year: '2024' });
    assert.deepEqual(settle(cube, sets, { year: '2024', sex: 'male' }, 'year', null), {});
    const narrow = release([['country', 'year']]);
    assert.deepEqual(settle(narrow, filterSets(narrow, ['country']), { year: '2024' }, 'year', null), { year: '2024' });
  },

  'a map leaves out a small count that is far away, and no large one'() {
    const near = Array.from({ length: 20 }, (_, i) => ({ point: [i, 40 + (i % 5)], count: 50 + i }));
    const far = { point: [-65, 32], count: 14 };
    assert.deepEqual(focusOf([...near, far]), near);
    const large = [...near, { ...far, count: 65 }];
    assert.deepEqual(focusOf(large), large);
  },

  'borders are unpacked as they were packed'() {
    const arcs = [[[0, 0], [1, -1], [15, 16], [-16, -17]], [[8000, -7999], [-1, 1023], [1024, -1025]]];
    assert.deepEqual(unpackArcs(packArcs(arcs)), arcs);
  },

  'a spreadsheet does not run what a label says'() {
    const text = toCsv([['name', 'count'], ['=1+1', 5], [' @SUM(A1)', null], ['-2', 0], ['a,"b"\n', 7], ['\t=x', 1]]);
    assert.equal(text, "\ufeffname,count\r\n'=1+1,5\r\n' @SUM(A1),\r\n'-2,0\r\n\"a,\"\"b\"\"\n\",7\r\n'\t=x,1\r\n");
  },

  'a spreadsheet that cuts at semicolons runs nothing either'() {
    // In French and others the comma is for decimals, and quotation marks inside a field are none.
    const text = toCsv([['IT.09.x;=1+1', 5], ['a; \t@SUM(A1)', 1], ['a,;-2', 0], ['x\n=1', 2], ['\uff1d1', 3], ['b; c', 4]]);
    assert.equal(text, "\ufeffIT.09.x;'=1+1,5\r\na;' \t'@SUM(A1),1\r\n\"a,;'-2\",0\r\n\"x\n'=1\",2\r\n'\uff1d1,3\r\nb; c,4\r\n");
  },

  'both languages say the same things with the same values'() {
    const slots = (text) => [...new Set((typeof text === 'string' ? text : `${text.one} ${text.other}`).match(/\{\w+\}/g))].sort();
    for (const file of [common, hotspots, routes]) {
      const missing = Object.keys(file.en).filter((key) => file.fr[key] === undefined && !key.startsWith('dimension.'));
      assert.deepEqual(missing, []);
      for (const key of Object.keys(file.en)) {
        if (file.fr[key]) assert.deepEqual(slots(file.fr[key]), slots(file.en[key]), key);
      }
    }
  },

  'every type of identifier has a name in both languages'() {
    const list = readFileSync(new URL('../../proto/token.h', import.meta.url), 'utf8');
    const types = [...list.matchAll(/X\(\w+,[\s\\]*"(\w+)"/g)].map(([, type]) => type);
    assert.ok(types.length >= 21 && types.includes('surname_postcode_year'), types.join());
    for (const file of [overlap.en, overlap.fr]) {
      for (const type of [...types, 'any']) assert.ok(file[`type.${type}`], type);
    }
  },

  'a picture that leaves the page says what was compared and who counted'() {
    const table = { asker: 'a', type: 'phone', tallier: 'this node' };
    const lines = (lang) => captionOf({ raw: table }, makeWords(lang), 'bank-a').join(' ');
    assert.match(lines('en'), /Compared: telephone number\. .*Counted by bank-a\./);
    assert.match(lines('fr'), /Comparé : numéro de téléphone\. .*Compté par bank-a\./);
    assert.doesNotMatch(captionOf({ raw: { asker: 'a' } }, words, 'bank-a').join(' '), /Compared|Counted/);
  },

  'countries have their names, codes without one are made readable'() {
    const french = makeWords('fr');
    const name = (tongue, id, role, code, label) => tongue.nameOf.code({ id, role }, code, label);
    assert.equal(name(french, 'country', 'place', 'DE', 'Germany'), 'Allemagne');
    assert.equal(name(french, 'country', 'place', 'unknown', 'unknown'), 'Non renseigné');
    assert.equal(name(words, 'admin1', 'place', 'LY.63', 'Al Jabal'), 'Al Jabal');
    assert.equal(name(words, 'exploitation', 'category', 'domestic-work', 'domestic-work'), 'Domestic work');
    assert.equal(name(words, 'age', 'category', '18-25', '18-25'), '18-25');
  },
};
