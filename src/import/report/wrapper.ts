// A wrapper document, `{"page": 1, "items": [{…}, {…}]}`, is one record, or one for each of its members, unless somebody says
// where the records are. Here that is found out, to be offered.

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
import { formatPointer } from '../../keys/paths.js';
import type { SourcePlan } from '../plan/plan.js';
import { openSource } from '../source/open.js';

/** A source of no more records than this may be a wrapper. */
const RECORDS_MAX = 3;
/** One of this size was probably not meant to be a single record. */
const LONE_RECORD_BYTES = 1 << 20;
const HEAD_BYTES = 1 << 20;
/** The share of a wrapper that its array takes at least. */
const SHARE_MIN = 1 / 2;

/** An object that is open, with the name of its present member; or an array. */
interface Level {
  readonly isArray: boolean;
  readonly began: number;
  name: string;
}

/** What to tell of an import that found very few records in its one source. */
export function wrapperWarning(plans: readonly SourcePlan[], read: number, select?: string): string | undefined {
  const [plan] = plans;
  if (plan === undefined || plans.length > 1 || plan.files !== undefined || read === 0 || read > RECORDS_MAX)
    return undefined;
  const { bytes } = plan.fingerprint;
  const what = read === 1 ? 'The source is a single record.' : `The source has ${read} records.`;
  const found = select === undefined ? arrayInside(headOf(plan)) : undefined;
  if (found !== undefined) {
    return `${what} If the records are in the array inside, give option select: '${formatPointer(found)}'.`;
  }
  if (read > 1 || bytes <= LONE_RECORD_BYTES) return undefined;
  return `${what} If its members are the records, give option shape: 'object'. If the records are further inside, give option select.`;
}

/** Nothing where it cannot be read any more: this is advice. */
function headOf({ path, fingerprint }: SourcePlan): Uint8Array {
  try {
    const source = openSource(path, 'read', fingerprint);
    try {
      return source.bytesAt(0, HEAD_BYTES);
    } finally {
      source.close();
    }
  } catch {
    return new Uint8Array();
  }
}

/**
 * The longest array of containers inside an object, by what is seen of it.
 * @param head the beginning of valid JSON
 * @returns the names on the way to it; undefined where none takes half of what is seen
 */
export function arrayInside(head: Uint8Array): readonly string[] | undefined {
  const levels: Level[] = [];
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
  return longest >= SHARE_MIN * head.byteLength ? names : undefined;
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
