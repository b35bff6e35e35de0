// source > plan > map > scan > key > frame > [shard] > verify > merge > publish
//
// The two tables at the end of a shard, encode beside decode. A shard is
//
//   zstd frame × n      content size and checksum set; whole records, each ended by one newline
//   skippable frame × m u32 magic 0x184D2A51 … 5D | u32 size | a section: body | u64 XXH64 of it (see Section)
//   skippable frame     u32 magic 0x184D2A50 | u32 size | our frame table:
//                         0 "GRST" | 4 u8 version | 5 u8 flags (1: sealed, 16: has holes, 32: joined, 64: has a shape) | 6 u16 shape | 8 u32 frames | 12 u32 records
//                        16 u32 × frames: records in each frame | u64 XXH64 of all this
//   skippable frame     u32 magic 0x184D2A5E | u32 size | the seek table of the zstd seekable format 0.1.0:
//                         (u32 compressed bytes, u32 plain bytes) × frames | u32 frames | u8 descriptor | u32 0x8F92EAB1
//
// All little-endian. The tables are read from the end of the file, so a shard needs no index to be read.
//
// A shard of an encrypted store begins with section 0x184D2A54, its frames are sealed, and section 0x184D2A55, right before the
// frame table, has the tag over sections and tables (sealed/shard-key.ts).

import { GristmillError } from '../../base/errors.js';
import {
  FRAME_RECORDS_MAX,
  FRAME_STORED_BYTES_MAX,
  FRAME_TEXT_BYTES_MAX,
  FRAMES_PER_SHARD_MAX,
} from '../../base/limits.js';
import { CHECKSUM_BYTES, checksumMatches, putChecksum } from '../files/checksum.js';
import { SEAL_HEAD_BYTES, SEAL_MAGIC } from '../sealed/shard-key.js';

const SHARD_VERSION = 1;
export const FRAME_TABLE_MAGIC = 0x184d2a50;
const SEEK_TABLE_MAGIC = 0x184d2a5e;
export const SEEKABLE_MAGIC = 0x8f92eab1;
/** Flag: ordinals without a line; section `holes` says which. Upper half: a reader must understand it. */
const FLAG_HOLES = 0x10;
/** Flag: the tables are of all shards of a joined file (joined.ts). Upper half: a reader that does not know it refuses the file. */
const FLAG_JOINED = 0x20;
/** Flag: the shard is sealed. The first versions of gristmill refuse the file. */
const FLAG_SEALED = 0x01;
/** Flag: the records have another shape than 0 (store/shape-types.ts). An older reader would take them for others. */
const FLAG_SHAPE = 0x40;
/** Flags a reader must understand, but does not: the rest of the upper half. */
const FLAGS_REFUSED = 0x80;

/** Sections, by the magic number of their skippable frame. */
export const Section = {
  /** Ordinals without a line: u32 records, then a bitmap (holes.ts). */
  holes: 0x184d2a51,
  /** The facts that a rebuild of the index needs, as JSON (origin.ts). */
  origin: 0x184d2a52,
  /** The shards of a joined file (joined.ts). */
  members: 0x184d2a53,
  /** The salt and the commitment of a sealed shard, at its beginning (sealed/shard-key.ts). */
  seal: SEAL_MAGIC,
  /** The tag over sections and tables of a sealed shard. */
  tag: 0x184d2a55,
} as const;

/** The last magic number that a section may have. */
const SECTION_MAGIC_MAX = 0x184d2a5d;

export const SKIPPABLE_HEADER_BYTES = 8;
/** The upper three bytes of the magic numbers 0x184D2A50 … 5F, as they are in a file. */
export const SKIPPABLE_MAGIC = Buffer.from('2a4d18', 'hex');
const SIGNATURE = Buffer.from('GRST');
const VERSION_AT = SIGNATURE.length;
const FLAGS_AT = VERSION_AT + 1;
const SHAPE_AT = FLAGS_AT + 1;
const FRAMES_AT = SHAPE_AT + 2;
const RECORDS_AT = FRAMES_AT + 4;
const RECORD_COUNTS_AT = RECORDS_AT + 4;
const SEEK_ENTRY_BYTES = 8;
export const SEEK_FOOTER_BYTES = 9;

/** The content of the tables, one element for each frame. */
export interface ShardTables {
  readonly storedBytes: Uint32Array;
  readonly plainBytes: Uint32Array;
  /** Lines, that is records which are not holes. */
  readonly records: Uint32Array;
  readonly hasHoles: boolean;
  /** The shape of its records (store/shape-types.ts); 0 for a joined file. */
  readonly shape: number;
  /** Whether these are the tables of a joined file: then rows without records stand for what follows the frames of a shard. */
  readonly isJoined: boolean;
  readonly isSealed: boolean;
  /** Where the first frame begins. */
  readonly framesBegin: number;
  /** Where the frames end and the sections begin. */
  readonly framesEnd: number;
}

/** Where a shard begins and ends in its file. */
export interface Extent {
  readonly begin: number;
  readonly end: number;
}

/** Bytes both tables take at the end of a shard of so many frames. */
export function tableBytes(frames: number): { frameTable: number; seekTable: number } {
  return {
    frameTable: SKIPPABLE_HEADER_BYTES + RECORD_COUNTS_AT + 4 * frames + CHECKSUM_BYTES,
    seekTable: SKIPPABLE_HEADER_BYTES + SEEK_ENTRY_BYTES * frames + SEEK_FOOTER_BYTES,
  };
}

/** A section: its body behind a header that `zstd` skips, before its checksum. */
export function encodeSection(magic: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(sectionBytes(body.byteLength));
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(body.byteLength + CHECKSUM_BYTES, 4);
  bytes.set(body, SKIPPABLE_HEADER_BYTES);
  const checksumAt = SKIPPABLE_HEADER_BYTES + body.byteLength;
  putChecksum(bytes, checksumAt, bytes, SKIPPABLE_HEADER_BYTES, checksumAt);
  return bytes;
}

/** Bytes of a section with a body of so many. */
export function sectionBytes(bodyBytes: number): number {
  return SKIPPABLE_HEADER_BYTES + bodyBytes + CHECKSUM_BYTES;
}

/**
 * Bodies of the sections by magic number, from all bytes between frames and tables. Unknown ones are passed over.
 * @throws GristmillError CHECKSUM_MISMATCH
 */
export function decodeSections(bytes: Buffer, start: number, file: string): ReadonlyMap<number, Buffer> {
  const sections = new Map<number, Buffer>();
  for (let at = 0; at < bytes.byteLength; ) {
    const body = at + SKIPPABLE_HEADER_BYTES;
    const end = body <= bytes.byteLength ? body + bytes.readUInt32LE(at + 4) : Number.POSITIVE_INFINITY;
    const checksumAt = end - CHECKSUM_BYTES;
    if (end > bytes.byteLength || checksumAt < body) throw damaged(file, start + at, 'a section that does not fit');
    if (!checksumMatches(bytes, checksumAt, body, checksumAt)) throw damaged(file, start + at, 'section checksum');
    const magic = bytes.readUInt32LE(at);
    if (magic < Section.holes || magic > SECTION_MAGIC_MAX) throw damaged(file, start + at, 'no section');
    if (sections.has(magic)) throw damaged(file, start + at, 'a section that exists twice');
    sections.set(magic, bytes.subarray(body, checksumAt));
    at = end;
  }
  return sections;
}

/** @param isJoined whether they are the tables of a joined file */
export function encodeTables(
  tables: Pick<ShardTables, 'storedBytes' | 'plainBytes' | 'records' | 'hasHoles' | 'shape'>,
  isJoined = false,
  isSealed = false,
): Buffer {
  const frames = tables.records.length;
  const sizes = tableBytes(frames);
  const bytes = Buffer.alloc(sizes.frameTable + sizes.seekTable);

  bytes.writeUInt32LE(FRAME_TABLE_MAGIC, 0);
  bytes.writeUInt32LE(sizes.frameTable - SKIPPABLE_HEADER_BYTES, 4);
  const body = SKIPPABLE_HEADER_BYTES;
  bytes.set(SIGNATURE, body);
  bytes[body + VERSION_AT] = SHARD_VERSION;
  const { hasHoles, shape } = tables;
  const kind = (isJoined ? FLAG_JOINED : 0) | (isSealed ? FLAG_SEALED : 0);
  bytes[body + FLAGS_AT] = kind | (hasHoles ? FLAG_HOLES : 0) | (shape === 0 ? 0 : FLAG_SHAPE);
  bytes.writeUInt16LE(shape, body + SHAPE_AT);
  bytes.writeUInt32LE(frames, body + FRAMES_AT);
  let records = 0;
  for (let i = 0; i < frames; i++) {
    bytes.writeUInt32LE(tables.records[i]!, body + RECORD_COUNTS_AT + 4 * i);
    records += tables.records[i]!;
  }
  bytes.writeUInt32LE(records, body + RECORDS_AT);
  const checksumAt = sizes.frameTable - CHECKSUM_BYTES;
  putChecksum(bytes, checksumAt, bytes, body, checksumAt);

  const seek = sizes.frameTable;
  bytes.writeUInt32LE(SEEK_TABLE_MAGIC, seek);
  bytes.writeUInt32LE(sizes.seekTable - SKIPPABLE_HEADER_BYTES, seek + 4);
  let at = seek + SKIPPABLE_HEADER_BYTES;
  for (let i = 0; i < frames; i++, at += SEEK_ENTRY_BYTES) {
    bytes.writeUInt32LE(tables.storedBytes[i]!, at);
    bytes.writeUInt32LE(tables.plainBytes[i]!, at + 4);
  }
  bytes.writeUInt32LE(frames, at);
  bytes.writeUInt32LE(SEEKABLE_MAGIC, at + 5);
  return bytes;
}

/** Without its flag the number is ignored, as a reserved one. */
function shapeIn(bytes: Buffer, body: number, flags: number): number {
  return (flags & FLAG_SHAPE) === 0 ? 0 : bytes.readUInt16LE(body + SHAPE_AT);
}

/** The flags of the frame table whose body begins at `body`. @throws GristmillError STORE_TOO_NEW */
function knownFlags(bytes: Uint8Array, body: number, file: string): number {
  const version = bytes[body + VERSION_AT]!;
  const flags = bytes[body + FLAGS_AT]!;
  if (version <= SHARD_VERSION && (flags & FLAGS_REFUSED) === 0) return flags;
  throw new GristmillError(
    'STORE_TOO_NEW',
    `shard ${file} has version ${version}, flags ${flags}; this gristmill reads version ${SHARD_VERSION}: upgrade gristmill`,
    { file },
  );
}

/**
 * What a sound skippable frame says, from its magic number and its body without the checksum: for shards that are damaged
 * elsewhere. Undefined for one that is no frame table.
 * @throws GristmillError STORE_TOO_NEW
 */
export function frameTableFacts(
  magic: number,
  body: Buffer,
  file: string,
): { lines: number; hasHoles: boolean; shape: number } | undefined {
  const isTable = magic === FRAME_TABLE_MAGIC && body.subarray(0, SIGNATURE.length).equals(SIGNATURE);
  if (!isTable || body.byteLength < RECORD_COUNTS_AT) return undefined;
  const flags = knownFlags(body, 0, file);
  const frames = body.readUInt32LE(FRAMES_AT);
  if (frames > FRAMES_PER_SHARD_MAX || body.byteLength !== RECORD_COUNTS_AT + 4 * frames) return undefined;
  const records = (flags & FLAG_JOINED) === 0 ? decodeRecords(body, 0, frames, 1) : undefined;
  const hasHoles = (flags & FLAG_HOLES) !== 0;
  return records && { lines: body.readUInt32LE(RECORDS_AT), hasHoles, shape: shapeIn(body, 0, flags) };
}

/**
 * Records of each frame, from the frame table whose body begins at `body`; undefined for counts that no shard has.
 * @param least records that a row may have
 */
function decodeRecords(bytes: Buffer, body: number, frames: number, least: number): Uint32Array | undefined {
  const records = new Uint32Array(frames);
  let total = 0;
  for (let i = 0; i < frames; i++) {
    records[i] = bytes.readUInt32LE(body + RECORD_COUNTS_AT + 4 * i);
    if (records[i]! < least || records[i]! > FRAME_RECORDS_MAX) return undefined;
    total += records[i]!;
  }
  return bytes.readUInt32LE(body + RECORDS_AT) === total ? records : undefined;
}

/** Bytes of a shard that are not as gristmill writes them. */
export function damaged(file: string, offset: number, what: string): GristmillError {
  return new GristmillError('CHECKSUM_MISMATCH', `shard ${file} is damaged at byte ${offset}: ${what}`, {
    file,
    offset,
  });
}

/**
 * The tables, from the bytes both take at the end of a shard.
 * @throws GristmillError CHECKSUM_MISMATCH when they contradict their checksum, each other or the shard's length;
 * STORE_TOO_NEW for a version or a flag this reader does not know.
 */
export function decodeTables(bytes: Buffer, frames: number, { begin, end }: Extent, file: string): ShardTables {
  const sizes = tableBytes(frames);
  const start = end - bytes.byteLength;
  const body = SKIPPABLE_HEADER_BYTES;
  const checksumAt = sizes.frameTable - CHECKSUM_BYTES;
  if (
    bytes.readUInt32LE(0) !== FRAME_TABLE_MAGIC ||
    bytes.readUInt32LE(4) !== sizes.frameTable - SKIPPABLE_HEADER_BYTES ||
    !bytes.subarray(body, body + SIGNATURE.length).equals(SIGNATURE)
  ) {
    throw damaged(file, start, 'no frame table here');
  }
  if (!checksumMatches(bytes, checksumAt, body, checksumAt)) throw damaged(file, start, 'frame table checksum');
  const flags = knownFlags(bytes, body, file);
  if (bytes.readUInt32LE(body + FRAMES_AT) !== frames) throw damaged(file, start, 'the tables disagree about frames');

  const isJoined = (flags & FLAG_JOINED) !== 0;
  const isSealed = (flags & FLAG_SEALED) !== 0;
  const records = decodeRecords(bytes, body, frames, isJoined ? 0 : 1);
  if (records === undefined) throw damaged(file, start, 'record counts');

  const seek = sizes.frameTable;
  if (
    bytes.readUInt32LE(seek) !== SEEK_TABLE_MAGIC ||
    bytes.readUInt32LE(seek + 4) !== sizes.seekTable - SKIPPABLE_HEADER_BYTES
  ) {
    throw damaged(file, start + seek, 'no seek table here');
  }
  const storedBytes = new Uint32Array(frames);
  const plainBytes = new Uint32Array(frames);
  let storedTotal = 0;
  for (let i = 0; i < frames; i++) {
    const at = seek + SKIPPABLE_HEADER_BYTES + i * SEEK_ENTRY_BYTES;
    storedBytes[i] = bytes.readUInt32LE(at);
    plainBytes[i] = bytes.readUInt32LE(at + 4);
    storedTotal += storedBytes[i]!;
    const isPossible =
      storedBytes[i]! > 0 && storedBytes[i]! <= FRAME_STORED_BYTES_MAX && plainBytes[i]! <= FRAME_TEXT_BYTES_MAX;
    // A record is one byte at least, and a newline.
    if (isPossible && plainBytes[i]! >= 2 * records[i]!) continue;
    const facts = `${storedBytes[i]} bytes for ${plainBytes[i]} bytes of text with ${records[i]} records`;
    throw damaged(file, start + at, `it says that frame ${i} has ${facts}, but a frame cannot have that many`);
  }
  const framesBegin = begin + (isSealed && !isJoined ? SEAL_HEAD_BYTES : 0);
  const framesEnd = framesBegin + storedTotal;
  if (framesEnd > start) throw damaged(file, start + seek, `frames of ${storedTotal} bytes end at byte ${start}`);
  const hasHoles = (flags & FLAG_HOLES) !== 0;
  const shape = shapeIn(bytes, body, flags);
  return { storedBytes, plainBytes, records, hasHoles, shape, isJoined, isSealed, framesBegin, framesEnd };
}
