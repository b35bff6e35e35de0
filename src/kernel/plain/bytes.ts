// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The bytes JSON is made of, by name, and the two classes every part of the plain kernel asks about.

const code = (character: string): number => character.charCodeAt(0);

export const QUOTE = code('"');
export const BACKSLASH = code('\\');
export const COMMA = code(',');
export const COLON = code(':');
export const OPEN_ARRAY = code('[');
export const CLOSE_ARRAY = code(']');
export const OPEN_OBJECT = code('{');
export const CLOSE_OBJECT = code('}');
export const NEWLINE = code('\n');
/** Begins comments, where there are any. */
export const SLASH = code('/');
/** RFC 7464: begins each text of a sequence. No JSON text has it. */
export const RECORD_SEPARATOR = 0x1e;
/** First byte value that may stand raw inside a string. */
export const FIRST_PRINTABLE = code(' ');

/** A table with a 1 at every given character: membership is one load. */
export function byteSet(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const character of characters) set[code(character)] = 1;
  return set;
}

/** Insignificant white space (RFC 8259, section 2). */
export const isBlank = byteSet(' \t\n\r');

/** What a run of a number or a literal ends before. */
export const endsScalar = byteSet(' \t\n\r{}[]:,"');

/** First offset from `at` on that holds no white space, or `limit`. */
export function skipBlanks(bytes: Uint8Array, at: number, limit: number): number {
  while (at < limit && isBlank[bytes[at]!] === 1) at++;
  return at;
}

/** Newlines in the bytes before `end`. */
export function countNewlines(bytes: Uint8Array, end = bytes.byteLength): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
