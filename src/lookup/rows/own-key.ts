// key > index page > location > frame cache > frame > [record: its own key]
//
// The primary key of a record that was found through another index. Entries do not have it, so it comes from the record.

import { GristmillError } from '../../base/errors.js';
import { wholeKeys } from '../../kernel/plain/capture.js';
import { decodeKey } from '../../keys/decode.js';
import type { KeyPart, KeyValue } from '../../keys/encode.js';
import { isComposite, type KeyNames, type Names } from '../../keys/key-path.js';
import { parsedRecord } from '../../store/shards/line.js';

/**
 * The key of a record, given as its text.
 * @param names where the key is
 * @throws GristmillError CHECKSUM_MISMATCH for a record that has none
 */
export function ownKeyIn(text: string, names: KeyNames): KeyValue {
  // Whoever made the store: only JSON is walked over.
  const simple = simpleKeyIn(parsedRecord(text), names);
  if (simple !== undefined) return simple;
  for (const key of wholeKeys(text, names)) return decodeKey(key);
  throw new GristmillError(
    'CHECKSUM_MISMATCH',
    'a shard has a record without its key: the store is damaged; verify it',
  );
}

/** The key in a parsed record. Undefined if only the text has all its digits, or arrays are on the way. */
export function simpleKeyIn(value: unknown, names: KeyNames): KeyValue | undefined {
  if (!isComposite(names)) return simplePartIn(value, names);
  const parts: KeyPart[] = [];
  for (const path of names) {
    const part = simplePartIn(value, path);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return Object.freeze(parts);
}

function simplePartIn(value: unknown, path: Names): KeyPart | undefined {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  if (typeof at === 'string') return at;
  // Not −0: the key is 0.
  return Number.isSafeInteger(at) ? (at as number) + 0 : undefined;
}
