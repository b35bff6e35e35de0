// How a Node program reads a source by itself, for the rivals that are libraries without a JSON reader.

import { constants } from 'node:buffer';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { NotApplicable } from './rival.mjs';

const CHUNK_BYTES = 4 * 2 ** 20;
const NEWLINE = '\n'.charCodeAt(0);

/** Every record as text and as value. @returns {Generator<{ text: string, value: any }>} */
export function* jsonRecords({ source, form }) {
  if (form === 'array') yield* arrayRecords(source);
  else for (const text of lines(source)) yield { text, value: JSON.parse(text) };
}

// The usual way: parse it all. The text of a record then has to be written anew, which rounds integers beyond 2^53.
function* arrayRecords(source) {
  if (statSync(source).size > constants.MAX_STRING_LENGTH) {
    throw new NotApplicable(`JSON.parse cannot take an array of more than ${constants.MAX_STRING_LENGTH} characters`);
  }
  for (const value of JSON.parse(readFileSync(source, 'utf8')))
    yield {
      value,
      get text() {
        return JSON.stringify(value);
      },
    };
}

/** The lines of a file, several times as fast as node:readline. */
export function* lines(source) {
  const file = openSync(source, 'r');
  let buffer = Buffer.allocUnsafe(2 * CHUNK_BYTES);
  let kept = 0;
  for (;;) {
    if (kept + CHUNK_BYTES > buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
    if (read === 0) break;
    const filled = buffer.subarray(0, kept + read);
    let start = 0;
    for (let end = filled.indexOf(NEWLINE); end >= 0; end = filled.indexOf(NEWLINE, start)) {
      yield filled.toString('utf8', start, end);
      start = end + 1;
    }
    kept = filled.copy(buffer, 0, start);
  }
  closeSync(file);
  if (kept > 0) yield buffer.toString('utf8', 0, kept);
}
