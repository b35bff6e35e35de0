// store at rest: [shard]
//
// Reads what is at the end of a shard, or of a joined file: the tables, after the footer, which says how long they are; the
// sections; and of a sealed shard the key, after all of that has been compared with its tag.

import { GristmillError } from '../../base/errors.js';
import { FRAMES_PER_SHARD_MAX, SECTION_BYTES_MAX } from '../../base/limits.js';
import type { BlobReader } from '../files/blobs.js';
import { TAG_BYTES } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import type { SealedShard } from '../sealed/frames.js';
import { openSection, openShardKey, SEAL_HEAD_BYTES, tagMatches } from '../sealed/shard-key.js';
import type { ShardEntry } from '../types.js';
import {
  damaged,
  decodeSections,
  decodeTables,
  type Extent,
  SEEK_FOOTER_BYTES,
  SEEKABLE_MAGIC,
  Section,
  type ShardTables,
  sectionBytes,
  tableBytes,
} from './format.js';

/** Tables, and where they are. */
interface FoundTables extends ShardTables {
  readonly tablesAt: number;
  /** The tables as they are in the file. */
  readonly bytes: Buffer;
}

/**
 * @param isSealed whether the store is encrypted: its shards have to be sealed, and those of others must not be
 * @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW, IO_ERROR
 */
export function readTables(file: BlobReader, extent: Extent, path: string, isSealed: boolean): FoundTables {
  const { begin, end } = extent;
  const footer = Buffer.alloc(SEEK_FOOTER_BYTES);
  if (end - begin >= footer.byteLength) readFully(file, footer, end - footer.byteLength, path);
  const frames = decodeFooter(footer, extent, path);
  const sizes = tableBytes(frames);
  const bytes = Buffer.alloc(sizes.frameTable + sizes.seekTable);
  const tablesAt = end - bytes.byteLength;
  readFully(file, bytes, tablesAt, path);
  const tables = decodeTables(bytes, frames, extent, path);
  if (tables.isSealed !== isSealed) {
    const why = isSealed
      ? 'it is not sealed, but the store is encrypted'
      : 'it is sealed, but the store is not encrypted';
    throw damaged(path, tablesAt, why);
  }
  return { ...tables, tablesAt, bytes };
}

/** The number of frames, from the last bytes of a shard. */
function decodeFooter(footer: Buffer, { begin, end }: Extent, file: string): number {
  const at = end - SEEK_FOOTER_BYTES;
  if (at < begin) throw damaged(file, begin, `${end - begin} bytes are too few for a shard`);
  if (footer.readUInt32LE(5) !== SEEKABLE_MAGIC || footer[4] !== 0) throw damaged(file, at, 'no seek table at its end');
  const frames = footer.readUInt32LE(0);
  if (frames > FRAMES_PER_SHARD_MAX)
    throw damaged(file, at, `it says that it has ${frames} frames, but a shard cannot have that many`);
  const sizes = tableBytes(frames);
  if (sizes.frameTable + sizes.seekTable > end - begin) throw damaged(file, at, `it cannot hold ${frames} frames`);
  return frames;
}

/** All bytes of the sections. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR */
export function readSections(file: BlobReader, from: number, to: number, path: string): Buffer {
  if (to - from > SECTION_BYTES_MAX) throw damaged(path, from, `sections of ${to - from} bytes, which is too long`);
  const bytes = Buffer.alloc(to - from);
  readFully(file, bytes, from, path);
  return bytes;
}

/** Bodies of the sections by magic number. @param sealed of a sealed shard: what opens them */
export function openSections(
  bytes: Buffer,
  start: number,
  path: string,
  sealed: SealedShard | undefined,
): ReadonlyMap<number, Buffer> {
  const sections = decodeSections(bytes, start, path);
  if (sealed === undefined) return sections;
  const opened = new Map<number, Buffer>();
  for (const [magic, body] of sections) {
    if (magic === Section.tag) continue;
    const plain = openSection(sealed.key, magic, body);
    if (plain === undefined) throw damaged(path, start, 'a section that is not sealed as one of this shard');
    opened.set(magic, plain);
  }
  return opened;
}

/** A section with a tag in it. */
const TAG_SECTION_BYTES = sectionBytes(TAG_BYTES);

/**
 * What opens a sealed shard, after its sections and tables have been compared with their tag.
 * @param shard its number, where it is known
 * @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW, IO_ERROR
 */
export function readSeal(
  file: BlobReader,
  seal: SealKeys,
  { begin }: Extent,
  { records, framesEnd, tablesAt, bytes: tables }: FoundTables,
  path: string,
  shard: number | undefined,
): SealedShard {
  const head = Buffer.alloc(SEAL_HEAD_BYTES);
  readFully(file, head, begin, path);
  const key = openShardKey(seal, head, shard, path, begin);
  const bytes = readSections(file, framesEnd, tablesAt, path);
  const tagAt = Math.max(0, bytes.byteLength - TAG_SECTION_BYTES);
  const tag = decodeSections(bytes.subarray(tagAt), framesEnd + tagAt, path).get(Section.tag);
  if (tag !== undefined && tagMatches(key, Section.tag, [bytes.subarray(0, tagAt), tables], tag))
    return { key, frames: records.length };
  throw damaged(path, tablesAt, 'its sections and tables are not sealed as those of this shard');
}

/** @throws GristmillError CHECKSUM_MISMATCH where the file ends before, IO_ERROR */
export function readFully(file: BlobReader, into: Buffer, offset: number, path: string): void {
  const done = file.readSync(into, offset);
  if (done < into.byteLength) throw truncated(path, offset + done);
}

/** A file that ends too early. */
export function truncated(path: string, offset: number): Error {
  return damaged(path, offset, 'the file ends there, inside a frame or table');
}

/** A row of the tables. */
export interface TableRow {
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly records: number;
}

/** What the tables of a shard add up to. */
export type ShardFacts = Pick<ShardEntry, 'records' | 'holes' | 'frames' | 'plainBytes' | 'storedBytes' | 'shape'>;

const FACTS = ['storedBytes', 'frames', 'records', 'holes', 'plainBytes', 'shape'] as const;

/** @param begin of the shard in its file @throws GristmillError CHECKSUM_MISMATCH where the catalog says something else */
export function checkFacts(path: string, begin: number, found: ShardFacts, expected: ShardFacts): void {
  const said = { ...expected, shape: expected.shape ?? 0 };
  for (const fact of FACTS) {
    if (said[fact] === found[fact]) continue;
    const message = `shard ${path} is damaged, or is another file: ${fact} is ${found[fact]}, but the catalog says ${said[fact]}`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path, offset: begin });
  }
}
