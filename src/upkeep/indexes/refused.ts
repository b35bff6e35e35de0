// [index]: the error about a record that an import with the new index would refuse. It names the record by its key.

import { GristmillError } from '../../base/errors.js';
import { BadReason, type BadReasonName } from '../../kernel/contract.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import { decodeKey, keyText } from '../../keys/decode.js';
import { type KeyPath, quotedPath } from '../../keys/key-path.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';
import { setupOf } from '../salvage/setup.js';

/** The record that is refused, and why. */
export interface RefusedRecord {
  readonly entry: ShardEntry;
  readonly ordinal: number;
  readonly reason: BadReasonName;
}

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR when the record cannot be read any more */
export async function refusedError(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
  path: KeyPath,
  { entry, ordinal, reason }: RefusedRecord,
): Promise<GristmillError> {
  const line = await lineOf(read, place, entry, ordinal);
  const record = describeRecord(manifest, entry, ordinal, line);
  const why =
    reason.startsWith('KEY_') || reason === 'TOO_MANY_KEYS' ? BadReason[reason] : `is bad: ${BadReason[reason]}`;
  const message = `${record} cannot be in index ${quotedPath(path)}, because it ${why}; nothing was changed`;
  return new GristmillError('BAD_RECORD', message, { reason });
}

/** `record 7 of collection users`: by its key. */
export function describeRecord(
  { name, key }: CollectionManifest,
  { named, firstOrdinal }: ShardEntry,
  ordinal: number,
  line: Uint8Array | undefined,
): string {
  const { scan } = setupOf('', { key, indexes: [], positions: undefined, named, keep: 'last' });
  const found =
    line && scan.primary ? scanPlain(line, { ...scan, framing: 'lines' }).records[0]?.keys[0]?.[1] : undefined;
  const text = found === undefined ? String(firstOrdinal + ordinal) : keyText(decodeKey(Buffer.from(found, 'hex')));
  return `record ${text} of collection ${name}`;
}

/** The stored line of a record, without its newline. */
export async function lineOf(
  read: CatalogRead,
  { directory, blobs }: StorePlace,
  entry: ShardEntry,
  ordinal: number,
): Promise<Uint8Array | undefined> {
  if (entry.fileNumber === 0) return read.inlineRecord(entry.shard, ordinal);
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    for await (const { frame, ordinalOf } of fileLines(reader)) {
      for (let line = 0; line < frame.lines.length - 1; line++) {
        if (ordinalOf(line) === ordinal) return frame.plain.slice(frame.lines[line], frame.lines[line + 1]! - 1);
      }
    }
    return undefined;
  } finally {
    reader.close();
  }
}
