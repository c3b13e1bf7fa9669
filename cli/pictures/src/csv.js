// Comma-separated values that a spreadsheet opens without running anything of them.

// What spreadsheets take for the begin of a formula, also behind white space and in full width. A cell begins at a
// semicolon, too, where the comma is for decimals, and whatever quotation marks say, at a tab and at a line end.
const FORMULA = /(^|[;\t\r\n])(?=\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

function field(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = String(value).replace(FORMULA, "$1'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** rows: arrays of texts, numbers and null (empty). The first is the header. With a mark that it is UTF-8. */
export function toCsv(rows) {
  return `\ufeff${rows.map((row) => row.map(field).join(',')).join('\r\n')}\r\n`;
}

export const RELEASE_COLUMNS = ['count', 'low', 'high', 'half_width', 'threshold', 'status', 'query_id'];

/** What a cell has in these columns: a count that is not shown is empty, and its status says why. */
export function cellFields(cell, level, release) {
  const shown = cell.value !== null;
  return [cell.value, shown ? cell.low : null, shown ? cell.high : null,
    level.halfWidth, level.threshold, shown ? 'released' : 'suppressed', release.raw.query_id];
}

/** Cells of several levels in one table: names of the first columns, parts [{rows: [[first columns…, cell]], level}]. */
export function levelsToCsv(names, parts, release) {
  const table = parts.flatMap(({ rows, level }) =>
    rows.map((row) => [...row.slice(0, -1), ...cellFields(row.at(-1), level, release)]));
  return toCsv([[...names, ...RELEASE_COLUMNS], ...table]);
}

/** The same of one level. */
export const cellsToCsv = (names, rows, level, release) => levelsToCsv(names, [{ rows, level }], release);
