// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// Where the records probably are in a wrapper document, `{"page": 1, "items": [{…}, {…}]}`: in its longest array. That is only
// advice, so the beginning of a document is enough, and nothing is parsed.

import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
} from '../../kernel/plain/bytes.js';

/** The share of a document that its array takes at least. */
const SHARE_MIN = 1 / 2;
/** The same of one of many documents, which may as well be records that have a list each. */
const SHARE_MIN_OF_MANY = 9 / 10;

/** An object that is open, with the name of its present member; or an array. */
interface Level {
  readonly isArray: boolean;
  readonly began: number;
  name: string;
}

/**
 * The longest array of containers inside an object, by what is seen of it.
 * @param head the beginning of valid JSON
 * @param isOneOfMany whether there are more such documents: then nothing but the array may be a container
 * @returns the names on the way to it; undefined where none takes half of what is seen
 */
export function arrayInside(head: Uint8Array, isOneOfMany = false): readonly string[] | undefined {
  const levels: Level[] = [];
  let others = 0;
  let longest = 0;
  let names: readonly string[] | undefined;
  const ended = (level: Level | undefined, at: number): void => {
    if (level === undefined || !level.isArray || at - level.began <= longest) return;
    if (levels.length === 0 || levels.some(({ isArray }) => isArray) || !holdsContainers(head, level.began)) return;
    longest = at - level.began;
    names = levels.map(({ name }) => name);
  };
  for (let at = 0; at < head.byteLength; at++) {
    const byte = head[at];
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (!levels.some(({ isArray }) => isArray)) others++;
      levels.push({ isArray: byte === OPEN_ARRAY, began: at, name: '' });
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      ended(levels.pop(), at);
    } else if (byte === QUOTE) {
      const end = stringEnd(head, at);
      const level = levels.at(-1);
      if (level?.isArray === false && head[skipBlanks(head, end, head.byteLength)] === COLON)
        level.name = nameIn(head, at, end);
      at = end - 1;
    }
  }
  while (levels.length > 0) ended(levels.pop(), head.byteLength);
  if (isOneOfMany && others > 1 + (names?.length ?? 0)) return undefined;
  return longest >= (isOneOfMany ? SHARE_MIN_OF_MANY : SHARE_MIN) * head.byteLength ? names : undefined;
}

function holdsContainers(bytes: Uint8Array, array: number): boolean {
  const first = bytes[skipBlanks(bytes, array + 1, bytes.byteLength)];
  return first === OPEN_OBJECT || first === OPEN_ARRAY;
}

/** Where a string ends, or what is seen of it. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.byteLength && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function nameIn(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
}
