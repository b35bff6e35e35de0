// key > index page > location > frame cache > frame > [record]
//
// From the line of a shard to the record. A record of an object source is kept as `{"key":<name>,"value":<value>}`, always
// spelled with exactly these bytes around name and value, so the value is found without parsing (docs/format.md, Shards).

import { GristmillError } from '../../base/errors.js';
import { isWithheld, shownText } from '../../base/snippet.js';
import { exactValue, type UnsafeIntegers } from '../../keys/json-value.js';

const NAMED_START = '{"key":"';
const NAMED_MIDDLE = ',"value":';
const NAMED_END = '}';

/** How the lines of a shard are made of its records. Whoever reads a line has it from the entry of its shard, or a place in it. */
export interface LineForm {
  /** Whether lines are `{"key":…,"value":…}`: the records of an object, with their names. */
  readonly isNamed: boolean;
}

const PLAIN: LineForm = Object.freeze({ isNamed: false });
const NAMED: LineForm = Object.freeze({ isNamed: true });

export function lineForm({ named }: { readonly named: boolean }): LineForm {
  return named ? NAMED : PLAIN;
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

/** The record's own text: the line, or the value of a named line. @throws GristmillError CHECKSUM_MISMATCH */
export function recordText(line: string, form: LineForm): string {
  if (!form.isNamed) return line;
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
