// records > [form] > pack: records as rows of CSV (RFC 4180, lines end in LF).
//
// A cell has the text of a string, and the JSON spelling of anything else, objects and arrays too. Strings that would be taken
// for a number or a boolean stand in quotes: an import with types `auto` gives those types back. What a row cannot hold, and
// docs/export.md says: null and a missing member are both an empty cell, and of members of one name the last one counts.

import { GristmillError } from '../../base/errors.js';
import { shownText } from '../../base/snippet.js';
import { stringOf } from '../../keys/json-scan.js';
import { eachMember, isObject } from './members.js';

/** The column with the names of records, in collections imported from one object. */
export const NAME_COLUMN = 'key';
const SNIPPET_CHARACTERS = 60;

/** Text that is read as something else without quotes, or that ends a cell. The empty text too. */
const NEEDS_QUOTES = /^$|[",\r\n]|^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a row is made of. */
interface Columns {
  readonly columns: readonly string[];
  /** Whether the first column has the name of the record. */
  readonly isNamed: boolean;
}

/** The header row. */
export function header(columns: readonly string[]): string {
  return `${columns.map(cellOfText).join(',')}\n`;
}

/** Where each column stands, by its name: the same for all rows of a piece. */
const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

function placesOf(columns: readonly string[]): ReadonlyMap<string, number> {
  const known = places.get(columns);
  if (known !== undefined) return known;
  const made = new Map(columns.map((column, at) => [column, at]));
  places.set(columns, made);
  return made;
}

/** @param name as spelled, of a record that has one @throws GristmillError COLLECTION_MISMATCH for a record that is no object */
export function row(text: string, { columns, isNamed }: Columns, name: string | undefined): string {
  assertObject(text);
  const place = placesOf(columns);
  const cells = new Array<string>(columns.length).fill('');
  eachMember(text, (member, from, to) => {
    const at = place.get(stringOf(member));
    if (at !== undefined) cells[at] = cell(text.slice(from, to));
  });
  if (isNamed) cells[0] = name === undefined ? '' : cell(name);
  return `${cells.join(',')}\n`;
}

/** The names of the members of a record. @throws as `row` */
export function namesIn(text: string): string[] {
  assertObject(text);
  const names: string[] = [];
  eachMember(text, (name) => names.push(stringOf(name)));
  return names;
}

/** @param token a value as spelled */
function cell(token: string): string {
  if (token === 'null') return '';
  if (token.charCodeAt(0) === 0x22) {
    const text = stringOf(token);
    // No UTF-8 has it: the cell keeps the escape.
    return LONE_SURROGATE.test(text) ? quoted(token) : cellOfText(text);
  }
  return token.startsWith('{') || token.startsWith('[') ? quoted(token) : token;
}

function cellOfText(text: string): string {
  return NEEDS_QUOTES.test(text) ? quoted(text) : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function assertObject(text: string): void {
  if (isObject(text)) return;
  const shown = shownText(() => JSON.stringify(text.slice(0, SNIPPET_CHARACTERS)));
  const message = `a record is no object, so it has no columns: ${shown}. Use format ndjson or array`;
  throw new GristmillError('COLLECTION_MISMATCH', message);
}
