// What stored lines have as keys, found by the plain kernel: for single records, where a message has to name them or an index
// has to be brought up to date. And their lines, wherever they are.

import { FRAME_TEXT_BYTES_MAX } from '../../base/limits.js';
import type { BadReasonName, ScanOptions } from '../../kernel/contract.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import { isComposite, type KeyNames, type KeyPath, type Names, type Numbers, namesOf } from '../../keys/key-path.js';
import type { StorePlace } from '../files/blobs.js';
import { shardPath } from '../files/layout.js';
import { formsOf } from '../shards/forms.js';
import { openFrame } from '../shards/frame.js';
import { reshapedBytes } from '../shards/line.js';
import { ShardReader } from '../shards/read.js';
import type { CatalogRead, CollectionManifest, KeyRule, ShardEntry } from '../types.js';

/** As deep as any import may have accepted. */
const DEPTH_MAX = 100_000;

/** The limits of a scan of stored lines: what any import may have accepted. */
export const STORED_LIMITS = { depthMax: DEPTH_MAX, recordBytesMax: FRAME_TEXT_BYTES_MAX, allowsNull: true } as const;

/** Where the key of a record is in its line. @param named whether lines are `{"key":…,"value":…}` */
export function namesInLine(path: KeyPath, named: boolean, numbers?: Numbers): KeyNames {
  const inLine = (names: Names): Names => (named ? ['value', ...names] : names);
  const names = namesOf(path, numbers);
  return isComposite(names) ? names.map(inLine) : inLine(names);
}

/** The same for the primary key; undefined where ordinals are keys. */
export function primaryInLine(key: KeyRule, named: boolean): KeyNames | undefined {
  if (key.kind === 'path') return namesInLine(key.path, named);
  return key.kind === 'name' ? ['key'] : undefined;
}

/**
 * The encoded keys of a line at one place, no key twice; or why an import would refuse the record.
 * @param secret they are hidden with it
 */
export function keysOfLine(
  line: Uint8Array,
  names: KeyNames,
  secret?: Uint8Array,
): readonly Uint8Array[] | BadReasonName {
  const secrets = secret && [secret, secret];
  const options: ScanOptions = { ...STORED_LIMITS, layout: 'ndjson', secondary: [names], ...(secrets && { secrets }) };
  const { records, bad } = scanPlain(line, options);
  if (bad[0] !== undefined) return bad[0].reason;
  const keys = new Set(records[0]?.keys.map(([, hex]) => hex));
  return Array.from(keys, (hex) => Buffer.from(hex, 'hex'));
}

/** What reading a line needs of the catalog. */
export type LineRead = Pick<CatalogRead, 'inlineRecord' | 'history'>;

/**
 * The line of a record without its newline, in the shape of its collection.
 * @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, MIGRATION_FAILED
 */
export function lineOf(
  read: LineRead,
  place: StorePlace,
  manifest: CollectionManifest,
  entry: ShardEntry,
  ordinal: number,
): Uint8Array | undefined {
  const line = storedLine(read, place, entry, ordinal);
  return line && reshapedBytes(line, formsOf(read, manifest).of(entry));
}

/** The same in the shape that it is stored in. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR */
export function storedLine(
  read: Pick<LineRead, 'inlineRecord'>,
  { directory, blobs }: StorePlace,
  entry: ShardEntry,
  ordinal: number,
): Uint8Array | undefined {
  if (entry.fileNumber === 0) return read.inlineRecord(entry.shard, ordinal);
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    const line = reader.lineOf(ordinal);
    const index = reader.frameOf(line);
    const { plain, lines } = openFrame(reader.readFrameSync(index), reader, index);
    const at = line - reader.firstLine(index);
    return plain.slice(lines[at], lines[at + 1]! - 1);
  } finally {
    reader.close();
  }
}
