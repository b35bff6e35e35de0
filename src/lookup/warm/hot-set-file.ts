// hot places > [hot set] > frames
//
// The file of the hot set (docs/format.md, Hot set): what was read most in a store, for whoever opens it next. It is a
// hint and nothing else: who loses it, or cannot read it, reads what is asked for first from disk.

import { lstat, open, rename, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { HOT_SET_BYTES_MAX, HOT_SET_KEYS_MAX } from '../../base/limits.js';
import { ioError, isMissing } from '../../base/system-errors.js';
import { decodeStoredKey } from '../../keys/decode.js';
import { encodeKey, type KeyValue } from '../../keys/encode.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { hotSetPath } from '../../store/files/layout.js';
import { renewKeys } from '../../store/seal/data-keys.js';
import { openBox, sealBox } from '../../store/sealed/box.js';
import type { HotKey } from '../cache/hot-places.js';

const FORMAT = 'gristmill hot set';
const VERSION = 1;
/** Keys that are worked on in one turn of the event loop: half a millisecond. */
export const KEYS_PER_TURN = 256;
/** If a file is half-written for this long, its writer has died. */
const ABANDONED_MILLISECONDS = 10_000;

/** A key of a collection, and how much it is read. */
export interface CollectionHotKey extends HotKey {
  readonly collection: string;
}

/**
 * Reads the saved keys, the heaviest first. Undefined if the file has a version that this gristmill does not know.
 * @throws GristmillError CHECKSUM_MISMATCH if the file is damaged, IO_ERROR
 */
export async function readHotSet({ directory, blobs }: StorePlace): Promise<CollectionHotKey[] | undefined> {
  const path = hotSetPath(directory);
  let bytes: Buffer;
  try {
    const file = blobs.open(path, 'hot set');
    try {
      if (file.size > HOT_SET_BYTES_MAX) throw damaged(path, `it has ${file.size} bytes`);
      bytes = Buffer.alloc(file.size);
      await file.read(bytes, 0);
    } finally {
      file.close();
    }
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const opened = blobs.seal === undefined ? bytes : openBox(blobs.seal, 'hot set', bytes);
  if (opened === undefined) throw damaged(path, 'it is not as gristmill sealed it');
  return decode(opened.toString(), path);
}

/**
 * Puts a hot set in the place of the one there is: beside it first, then by renaming. Not synced: losing it loses nothing.
 * @returns false when another process is just doing the same.
 * @throws GristmillError IO_ERROR, DISK_FULL
 */
export async function writeHotSet(
  { directory, blobs: { seal } }: StorePlace,
  keys: readonly CollectionHotKey[],
): Promise<boolean> {
  const path = hotSetPath(directory);
  const beside = `${path}.new`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      const text = Buffer.from(await encode(keys));
      // Nothing that was read since may have told of a newer data key.
      if (seal !== undefined) renewKeys(seal);
      await file.writeFile(seal === undefined ? text : sealBox(seal, 'hot set', text));
    } finally {
      await file.close();
    }
    await rename(beside, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      await removeAbandoned(beside);
      return false;
    }
    if (!isMissing(cause)) await rm(beside, { force: true }).catch(() => {}); // the first error is the one to tell
    throw ioError(cause, 'write', path);
  }
}

async function removeAbandoned(path: string): Promise<void> {
  try {
    const { mtimeMs } = await lstat(path);
    if (Math.abs(Date.now() - mtimeMs) > ABANDONED_MILLISECONDS) await rm(path, { force: true });
  } catch (cause) {
    if (!isMissing(cause)) throw ioError(cause, 'remove', path);
  }
}

async function encode(keys: readonly CollectionHotKey[]): Promise<string> {
  const lines = [JSON.stringify({ format: FORMAT, version: VERSION, keys: keys.length })];
  for (const [i, { collection, key, weight }] of keys.entries()) {
    if (i % KEYS_PER_TURN === 0) await setImmediate();
    lines.push(JSON.stringify({ collection, key: Buffer.from(encodeKey(key)).toString('base64url'), weight }));
  }
  return `${lines.join('\n')}\n`;
}

async function decode(text: string, path: string): Promise<CollectionHotKey[] | undefined> {
  // One line more than there may be shows that there are too many.
  const [first = '', ...lines] = text.trimEnd().split('\n', HOT_SET_KEYS_MAX + 2);
  const header = parsed(first) as { format?: unknown; version?: unknown; keys?: unknown } | undefined;
  if (header?.format !== FORMAT) throw damaged(path, 'it does not begin like a hot set');
  if (header.version !== VERSION) return undefined;
  if (lines.length > HOT_SET_KEYS_MAX) throw damaged(path, `it has more than ${HOT_SET_KEYS_MAX} keys`);
  if (header.keys !== lines.length) throw damaged(path, `it has ${lines.length} keys instead of ${header.keys}`);
  const keys: CollectionHotKey[] = [];
  for (const [i, line] of lines.entries()) {
    if (i % KEYS_PER_TURN === 0) await setImmediate();
    const { collection, key, weight } = (parsed(line) ?? {}) as { [name: string]: unknown };
    const value = typeof key === 'string' ? decoded(Buffer.from(key, 'base64url')) : undefined;
    if (
      typeof collection !== 'string' ||
      value === undefined ||
      !(Number.isSafeInteger(weight) && Number(weight) > 0)
    ) {
      throw damaged(path, `line ${i + 2} is not a key with its weight`);
    }
    keys.push({ collection, key: value, weight: Number(weight) });
  }
  return keys;
}

/** The value of a key. Undefined if encoding that value gives other bytes. */
function decoded(key: Uint8Array): KeyValue | undefined {
  try {
    return decodeStoredKey(key);
  } catch {
    return undefined;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function damaged(path: string, why: string): GristmillError {
  const message = `the hot set ${path} is damaged and was ignored: ${why}; the store replaces it when it next saves the hot set`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file: path });
}
