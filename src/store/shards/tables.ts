// store at rest: [shard]
//
// Reads the tables at the end of a shard, or of a joined file: first the footer, which says how long they are.

import type { BlobReader } from '../files/blobs.js';
import {
  damaged,
  decodeFooter,
  decodeTables,
  type Extent,
  SHARD_FOOTER_BYTES,
  type ShardTables,
  tableBytes,
} from './format.js';

/** Tables, and where they are. */
interface FoundTables extends ShardTables {
  readonly tablesAt: number;
  /** The tables as they are in the file. */
  readonly bytes: Buffer;
}

/** @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW, IO_ERROR */
export function readTables(file: BlobReader, extent: Extent, path: string): FoundTables {
  const { begin, end } = extent;
  const footer = Buffer.alloc(SHARD_FOOTER_BYTES);
  if (end - begin >= footer.byteLength) readFully(file, footer, end - footer.byteLength, path);
  const frames = decodeFooter(footer, extent, path);
  const sizes = tableBytes(frames);
  const bytes = Buffer.alloc(sizes.frameTable + sizes.seekTable);
  const tablesAt = end - bytes.byteLength;
  readFully(file, bytes, tablesAt, path);
  return { ...decodeTables(bytes, frames, extent, path), tablesAt, bytes };
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
