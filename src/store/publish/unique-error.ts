// The error about records that a unique index does not allow: it names them by their keys, and the value.

import { GristmillError } from '../../base/errors.js';
import { KEY_BYTES_MAX } from '../../base/limits.js';
import { isWithheld } from '../../base/snippet.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import { decodeKey, shownKey } from '../../keys/decode.js';
import type { KeyValue } from '../../keys/encode.js';
import { isCutKey } from '../../keys/key-bytes.js';
import { numbersIn, quotedPath } from '../../keys/key-path.js';
import type { StorePlace } from '../files/blobs.js';
import type { CollectionManifest, Location, ShardEntry } from '../types.js';
import { keysOfLine, type LineRead, lineOf, namesInLine, primaryInLine, STORED_LIMITS } from './line-keys.js';
import type { UniqueViolation } from './unique.js';

/** @param read shows the records that are still inline */
export function violationError(
  read: LineRead,
  place: StorePlace,
  { path, places, manifest, entries }: UniqueViolation,
): GristmillError {
  const found = places.map(({ shard, ordinal }: Location) => {
    const entry = entries.find((one) => one.shard === shard) as ShardEntry;
    const line = lineOf(read, place, manifest, entry, ordinal);
    const keys = line && keysOfLine(line, namesInLine(path, entry.named, numbersIn(manifest)));
    return { entry, name: nameOf(manifest, entry, ordinal, line), keys: typeof keys === 'string' ? [] : (keys ?? []) };
  });
  const [one, other] = found;
  const where = `the unique index ${quotedPath(path)} of collection ${manifest.name}`;
  const file = (other ?? one)!.entry.source.file;
  const facts = file === '' ? {} : { file };
  if (other === undefined) {
    const message = `record ${one!.name} has a value of more than ${KEY_BYTES_MAX} bytes in ${where}; nothing was changed`;
    return new GristmillError('KEY_TOO_LONG', message, facts);
  }
  const same = one!.keys.find((key) => other.keys.some((its) => Buffer.compare(its, key) === 0));
  // Hidden values are compared however long they are.
  const value = same === undefined || isCutKey(same) ? 'the same value' : shownKey(decodeKey(same));
  const message = `records ${one!.name} and ${other.name} both have ${value} in ${where}; nothing was changed`;
  return new GristmillError('UNIQUE_VIOLATION', message, facts);
}

/** The key of a record, for a message; where keys are not shown, its number. */
export function nameOf(
  manifest: Pick<CollectionManifest, 'key'>,
  entry: ShardEntry,
  ordinal: number,
  line: Uint8Array | undefined,
): string {
  if (isWithheld()) return String(entry.firstOrdinal + ordinal);
  return shownKey(keyOfLine(manifest, entry, ordinal, line));
}

/** The key of a stored record; its number where there is none. */
export function keyOfLine(
  { key }: Pick<CollectionManifest, 'key'>,
  { named, firstOrdinal }: ShardEntry,
  ordinal: number,
  line: Uint8Array | undefined,
): KeyValue {
  const primary = primaryInLine(key, named);
  if (line === undefined || primary === undefined) return firstOrdinal + ordinal;
  const { records } = scanPlain(line, { ...STORED_LIMITS, layout: 'ndjson', primary, secondary: [] });
  const found = records[0]?.keys[0]?.[1];
  return found === undefined ? firstOrdinal + ordinal : decodeKey(Buffer.from(found, 'hex'));
}
