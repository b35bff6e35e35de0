// source > plan > map > scan > [key] > frame > shard > verify > merge > publish      lookup: [key] > index page > …
//
// The bytes of a composite key (docs/format.md, "Keys"): a type byte, the keys of its components one after another, and an
// end. No key is a prefix of another (Invariant 5), so comparing these bytes compares the first components that differ. A
// list of fewer components comes before the lists that begin with it: its end is less than any type.

import { KEY_BYTES_MAX } from '../base/limits.js';
import { cutKey, KeyType, type LongKeys } from './key-bytes.js';

const KEY_END = 0x00;
const NEGATIVE_END = 0xff;
/** Type and exponent of a number, before its digits. */
export const NUMBER_HEAD_BYTES = 3;

/** The key of these components, each encoded whole. */
export function joinParts(parts: readonly Uint8Array[], long: LongKeys = 'refuse'): Uint8Array | 'KEY_TOO_LONG' {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 2);
  const isLong = bytes > KEY_BYTES_MAX;
  if (isLong && long === 'refuse') return 'KEY_TOO_LONG';
  const isCut = isLong && long === 'cut';
  const key = new Uint8Array(isCut ? KEY_BYTES_MAX : bytes);
  key[0] = KeyType.composite;
  let at = 1;
  for (const part of parts) {
    const room = key.byteLength - at;
    key.set(part.byteLength > room ? part.subarray(0, room) : part, at);
    at += Math.min(part.byteLength, room);
  }
  if (isCut) return cutKey(key);
  key[at] = KEY_END;
  return key;
}

/** Each choice of one value from each list, the first list slowest; none if a list is empty. */
export function* combinationsOf<V>(lists: readonly (readonly V[])[]): Generator<V[]> {
  const [first, ...rest] = lists;
  if (first === undefined) yield [];
  else for (const value of first) for (const others of combinationsOf(rest)) yield [value, ...others];
}

/** How many there are. */
export function combinations(lists: readonly { readonly length: number }[]): number {
  return lists.reduce((product, { length }) => product * length, 1);
}

/**
 * Calls `part` for each component of a composite key, with the place of its own key in the bytes.
 * @throws TypeError if it is no composite key; what `part` throws
 */
export function mapParts<V>(key: Uint8Array, part: (from: number, to: number) => V): V[] {
  const parts: V[] = [];
  let at = 1;
  while (at < key.byteLength - 1) {
    const end = partEnd(key, at);
    parts.push(part(at, end));
    at = end;
  }
  if (at !== key.byteLength - 1 || key[at] !== KEY_END) throw new TypeError('not a key: its components do not end');
  return parts;
}

/** Whether a key is null, or a component of it, also where the key is hidden. @throws TypeError as `mapParts` */
export function hasNull(key: Uint8Array): boolean {
  if (key[0] === KeyType.pseudonymOfNull || key[0] === KeyType.null) return true;
  return key[0] === KeyType.composite && mapParts(key, (from) => key[from] === KeyType.null).includes(true);
}

/** One past the component that begins at `at`; beyond the end if it does not end. */
function partEnd(key: Uint8Array, at: number): number {
  switch (key[at]) {
    case KeyType.null:
    case KeyType.false:
    case KeyType.true:
    case KeyType.zero:
      return at + 1;
    case KeyType.negative:
      return endAfter(key, NEGATIVE_END, at + NUMBER_HEAD_BYTES);
    case KeyType.positive:
      return endAfter(key, KEY_END, at + NUMBER_HEAD_BYTES);
    case KeyType.string:
      return endAfter(key, KEY_END, at + 1);
    default:
      throw new TypeError(`not a component of a key: its type byte is ${key[at]}`);
  }
}

function endAfter(key: Uint8Array, end: number, from: number): number {
  const at = key.indexOf(end, from);
  return at === -1 ? key.byteLength : at + 1;
}
