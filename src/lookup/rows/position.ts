// key > [index page > location] > frame cache > frame > record, for many records in order: where to continue
//
// From a cursor to the bounds of what comes after it, in the state that is read now.

import { GristmillError } from '../../base/errors.js';
import { KEY_BYTES_MAX } from '../../base/limits.js';
import { compareKeys } from '../../keys/encode.js';
import { cutKey } from '../../keys/key-bytes.js';
import { type KeyPath, keyPathText } from '../../keys/key-path.js';
import { xxh64 } from '../../store/files/checksum.js';
import type { CollectionManifest, Location, StoreHeader } from '../../store/types.js';
import { needsOrder, pseudonymsIn } from '../index/hidden-range.js';
import { type Bounds, boundsAfter } from '../index/range.js';
import { type Cursor, decodeCursor } from './cursor.js';
import type { RowSource } from './source.js';

/** What a cursor belongs to: an index of a collection. Whoever changes where the keys are makes another of it. */
export function scopeOf({ name, key }: CollectionManifest, index: KeyPath | undefined): string {
  const keys = key.kind === 'path' ? `key ${keyPathText(key.path)}` : key.kind === 'name' ? 'names as keys' : 'no key';
  return `collection ${name} (${keys})${index === undefined ? '' : `, index ${keyPathText(index)}`}`;
}

/** A number that changes when the records of a collection get new locations, and that another store does not have. */
export function lineageOf({ created }: StoreHeader, { id, made = 0 }: CollectionManifest): bigint {
  return xxh64(Buffer.from(`${created} ${id} ${made}`));
}

/**
 * The part of a range that comes after a cursor.
 * @throws TypeError for a text that is no cursor of this index; GristmillError CURSOR_EXPIRED
 */
export function boundsAfterCursor(
  source: RowSource,
  bounds: Bounds,
  text: string | undefined,
  { scope, lineage }: { readonly scope: string; readonly lineage: bigint },
): Bounds {
  if (text === undefined) return bounds;
  const { key, among } = hiddenCursor(source, bounds, decodeCursor(text, scope));
  if (among === undefined) return boundsAfter(bounds, { key, location: undefined });
  return boundsAfter(bounds, { key, location: locationOf(source, key, among, lineage, scope) });
}

/** A cursor with its keys as the indexes have them. @throws GristmillError RANGE_NEEDS_PLAINTEXT_KEYS for one of another key */
function hiddenCursor(source: RowSource, { lower, only }: Bounds, cursor: Cursor): Cursor {
  const pseudonyms = pseudonymsIn(source);
  if (pseudonyms === undefined) return cursor;
  const key = pseudonyms.of(cursor.key);
  if (only === undefined || compareKeys(key, lower!.key) !== 0) throw needsOrder(source);
  const { among } = cursor;
  const own = pseudonymsIn({ ...source, index: undefined });
  return { key, ...(among && { among: { ...among, primary: own?.of(among.primary) ?? among.primary } }) };
}

/** Where among the records with one key to continue. Undefined if there are none. */
function locationOf(
  source: RowSource,
  key: Uint8Array,
  { primary, location, lineage: before }: NonNullable<Cursor['among']>,
  lineage: bigint,
  scope: string,
): Location | undefined {
  if (location !== undefined && before === lineage) return location;
  // The records have new locations, or this one had none yet.
  const found = source.locate(primary);
  if (found !== undefined) return found;
  const entry = key.byteLength > KEY_BYTES_MAX ? cutKey(key) : key;
  const only = { key: entry, inclusive: true };
  if (source.places({ lower: only, upper: only, reverse: false, limit: 1 }).next().done) return undefined;
  const message = `the record of this cursor of ${scope} is gone, and since then an import has replaced all records; other records have the same key, and gristmill cannot know which of them were read: read from the beginning, or from this key`;
  throw new GristmillError('CURSOR_EXPIRED', message);
}
