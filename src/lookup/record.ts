// key > index page > location > frame cache > frame > [record]
//
// From the line of a shard to the record. A record of an object source is kept as `{"key":<name>,"value":<value>}`, always
// spelled with exactly these bytes around name and value, so the value is found without parsing (docs/format.md, Shards).

import { GristmillError } from '../errors.js';

const NAMED_START = '{"key":"';
const NAMED_MIDDLE = ',"value":';

/** The record's own text: the line, or the value of a named line. @throws GristmillError CHECKSUM_MISMATCH */
export function recordText(line: string, named: boolean): string {
  return named ? line.slice(nameEnd(line) + NAMED_MIDDLE.length, -1) : line;
}

/** The name of a named line, as a string. @throws GristmillError CHECKSUM_MISMATCH */
export function recordName(line: string): string {
  const name = line.slice(NAMED_START.length - 1, nameEnd(line));
  try {
    return JSON.parse(name) as string;
  } catch {
    throw notNamed();
  }
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
  const message = 'a record is not kept with its name, as its shard says: the store is damaged; verify it';
  return new GristmillError('CHECKSUM_MISMATCH', message);
}
