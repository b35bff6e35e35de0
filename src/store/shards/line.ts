// key > index page > location > frame cache > frame > [record]
//
// From the line of a shard to the record. A record of an object source is kept as `{"key":<name>,"value":<value>}`, always
// spelled with exactly these bytes around name and value, so the value is found without parsing (docs/format.md, Shards).
// A record that was stored before a migration is stored in an older shape, and comes out in the collection's.

import { GristmillError } from '../../base/errors.js';
import { isWithheld, shownText } from '../../base/snippet.js';
import { exactValue, type UnsafeIntegers } from '../../keys/json-value.js';
import type { CollectionManifest } from '../types.js';

const NAMED_START = '{"key":"';
const NAMED_MIDDLE = ',"value":';
const NAMED_END = '}';

/** How the lines of a shard are made of its records. Whoever reads a line has it from the entry of its shard, or a place in it. */
export interface LineForm {
  /** Whether lines are `{"key":…,"value":…}`: the records of an object, with their names. */
  readonly isNamed: boolean;
  /** The shape in which a reader gets the records (shape-types.ts). */
  readonly shape: number;
  /** What makes this shape of the text of a record. Undefined where lines have it already. */
  readonly reshape: Reshape | undefined;
  /** Of a reader of an older version: the form in which the collection has the records, and finds their keys. */
  readonly newest: LineForm | undefined;
}

/** The form of lines that have the shape of their collection, as what a transaction writes has. */
export function ownForm({ key, shape = 0 }: Pick<CollectionManifest, 'key' | 'shape'>): LineForm {
  return { isNamed: key.kind === 'name', shape, reshape: undefined, newest: undefined };
}

/** The way from the shape of a line to that of its collection. */
export interface Reshape {
  /** The text of a record in the shape of its collection. @throws GristmillError MIGRATION_FAILED where it has none */
  of(text: string): string;
  /**
   * The other way, of a record that was changed since: what the shape of the collection does not show is as in `stored`.
   * Undefined where it shows all, or where nobody can return to an older version.
   * @throws GristmillError MIGRATION_FAILED
   */
  readonly back: ((text: string, stored: string) => string) | undefined;
}

/** A record as its line has it. */
export interface LineRecord {
  readonly text: string;
  /** In lines that have names. */
  readonly name?: string;
}

/** The record that a text is. @throws GristmillError CHECKSUM_MISMATCH: a shard has lines that no import writes */
export function parsedRecord(text: string, unsafeIntegers: UnsafeIntegers = 'number'): unknown {
  try {
    return unsafeIntegers === 'bigint' ? exactValue(text) : JSON.parse(text);
  } catch (cause) {
    // What JSON.parse says has text of the line in it.
    const message = `a line of a shard is not JSON: ${shownText(() => (cause as Error).message)}`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, isWithheld() ? {} : { cause });
  }
}

/** The record's own text: the line, or the value of a named line. @throws GristmillError CHECKSUM_MISMATCH, MIGRATION_FAILED */
export function recordText(line: string, form: LineForm): string {
  const text = storedText(line, form);
  return form.reshape === undefined ? text : form.reshape.of(text);
}

/** The text in which the keys of a record are found. @param text that `recordText` gave */
export function textOfKeys(line: string, { newest }: LineForm, text: string): string {
  return newest === undefined ? text : recordText(line, newest);
}

/** The line with the record in the shape of the form. @throws GristmillError CHECKSUM_MISMATCH, MIGRATION_FAILED */
export function reshapedLine(line: string, form: LineForm): string {
  return form.reshape === undefined ? line : withText(line, form, recordText(line, form));
}

/** The line with another text of its record. @throws GristmillError CHECKSUM_MISMATCH */
export function withText(line: string, { isNamed }: Pick<LineForm, 'isNamed'>, text: string): string {
  if (!isNamed) return text;
  return `${line.slice(0, nameEnd(line) + NAMED_MIDDLE.length)}${text}${NAMED_END}`;
}

/** The text of a record as its line has it, in the shape of its shard. @throws GristmillError CHECKSUM_MISMATCH */
export function storedText(line: string, { isNamed }: Pick<LineForm, 'isNamed'>): string {
  return isNamed ? valueText(line) : line;
}

/** The same of a line as bytes, without its newline. */
export function reshapedBytes({ buffer, byteOffset, byteLength }: Uint8Array, form: LineForm): Buffer {
  const line = Buffer.from(buffer, byteOffset, byteLength);
  return form.reshape === undefined ? line : Buffer.from(reshapedLine(line.toString(), form));
}

/** The value of a named line. @throws GristmillError CHECKSUM_MISMATCH */
function valueText(line: string): string {
  const end = nameEnd(line);
  if (!line.startsWith(NAMED_MIDDLE, end) || !line.endsWith(NAMED_END)) throw notNamed();
  return line.slice(end + NAMED_MIDDLE.length, -NAMED_END.length);
}

/** The same with its name. @throws GristmillError CHECKSUM_MISMATCH */
export function readRecord(line: string, form: LineForm): LineRecord {
  const text = recordText(line, form);
  return form.isNamed ? { name: recordName(line), text } : { text };
}

/** The name of a named line, as a string. @throws GristmillError CHECKSUM_MISMATCH */
export function recordName(line: string): string {
  return parsedRecord(nameText(line)) as string;
}

/** The same as the line spells it, with its quotes. @throws GristmillError CHECKSUM_MISMATCH */
export function nameText(line: string): string {
  return line.slice(NAMED_START.length - 1, nameEnd(line));
}

/** Just after the quote that ends the name: the first one with an even number of backslashes before it. */
function nameEnd(line: string): number {
  if (!line.startsWith(NAMED_START)) throw notNamed();
  for (let at = line.indexOf('"', NAMED_START.length); at !== -1; at = line.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (line[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 !== 0) continue;
    if (line.startsWith(NAMED_MIDDLE, at + 1)) return at + 1;
    break;
  }
  throw notNamed();
}

function notNamed(): GristmillError {
  const message = 'a record is stored without its name, although its shard has names: the store is damaged; verify it';
  return new GristmillError('CHECKSUM_MISMATCH', message);
}
