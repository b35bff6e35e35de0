// store at rest: [shard]
//
// A joined file: many shards one after another, each with the bytes it would have in a file of its own. So nothing that names
// a record changes when its shard is joined with others, and `zstd -dc` gives the lines of all of them. Its end says where
// each shard is, so the file needs no index to be read:
//
//   shard × n           as format.ts draws it
//   section 0x184D2A53  (u32 shard | u64 bytes of it) × n | u64 XXH64 of the tables below
//   frame table         flag 32 (joined): a row for each frame of each shard, and a row without records for the sections and
//                       tables of each shard
//   seek table          the same rows, so that readers of the seekable format see one file of many frames
//
// In an encrypted store each shard is sealed by itself, and the section is a box over it and the tables (sealed/box.ts).
//
// join-write.ts writes it. Older versions of gristmill refuse the flag (STORE_TOO_NEW).

import { JOINED_SHARDS_MAX } from '../../../base/limits.js';
import type { BlobReader, Region } from '../../files/blobs.js';
import { CHECKSUM_BYTES, putChecksum } from '../../files/checksum.js';
import type { SealKeys } from '../../seal/types.js';
import { numberInSeed, openBox, sealBox } from '../../sealed/box.js';
import { dataKeyNumberIn, SEAL_HEAD_BYTES } from '../../sealed/shard-key.js';
import type { ShardEntry } from '../../types.js';
import { damaged, decodeSections, encodeSection, encodeTables, Section } from '../format.js';
import { readFully, readTables, type TableRow } from '../tables.js';

const MEMBER_BYTES = 4 + 8;
/** Of the section: what 1,024 shards take, and its header and checksum are a few bytes more. */
const MEMBERS_BYTES_MAX = JOINED_SHARDS_MAX * MEMBER_BYTES + 1024;

/** A shard of a joined file. */
export interface JoinedShard {
  readonly shard: number;
  readonly region: Region;
}

/** The end of a joined file. */
export function encodeJoined(
  shards: readonly JoinedShard[],
  rows: readonly TableRow[],
  seal: SealKeys | undefined,
): Uint8Array {
  const column = (name: keyof TableRow): Uint32Array => Uint32Array.from(rows, (row) => row[name]);
  const [storedBytes, plainBytes, records] = [column('storedBytes'), column('plainBytes'), column('records')];
  const tables = encodeTables(
    { storedBytes, plainBytes, records, hasHoles: false, shape: 0 },
    true,
    seal !== undefined,
  );
  const body = Buffer.alloc(shards.length * MEMBER_BYTES + CHECKSUM_BYTES);
  let at = 0;
  for (const { shard, region } of shards) {
    at = body.writeUInt32LE(shard, at);
    at = body.writeBigUInt64LE(BigInt(region.bytes), at);
  }
  putChecksum(body, at, tables, 0, tables.byteLength);
  const section = seal === undefined ? body : sealBox(seal, 'joined file', body, tables);
  return Buffer.concat([encodeSection(Section.members, section), tables]);
}

/**
 * The shards of a joined file, in the order in which they lie there. Undefined for the file of one shard.
 * @throws GristmillError CHECKSUM_MISMATCH where its end is damaged; STORE_TOO_NEW, IO_ERROR
 */
export function readJoined(
  file: BlobReader,
  path: string,
  seal: SealKeys | undefined,
): readonly JoinedShard[] | undefined {
  const end = endOf(file, path, seal !== undefined);
  if (end === undefined) return undefined;
  const { framesEnd, bytes, section } = end;
  const body = section && seal ? openBox(seal, 'joined file', section, bytes) : section;
  const shards = body && decodeShards(body, bytes);
  const last = shards?.at(-1)?.region;
  if (shards !== undefined && last !== undefined && last.at + last.bytes === framesEnd) return shards;
  throw damaged(path, framesEnd, 'a list of shards that is not that of a joined file');
}

/** Numbers of the data keys that a file of an encrypted store is sealed with. @throws as `readJoined` */
export function dataKeysOfFile(file: BlobReader, path: string, seal: SealKeys): ReadonlySet<number> {
  const section = endOf(file, path, true)?.section;
  const begins = readJoined(file, path, seal)?.map(({ region }) => region.at) ?? [0];
  const numbers = new Set(section === undefined ? [] : [numberInSeed(section)]);
  for (const at of begins) {
    const head = Buffer.alloc(SEAL_HEAD_BYTES);
    readFully(file, head, at, path);
    numbers.add(dataKeyNumberIn(head));
  }
  return numbers;
}

/** What the end of a joined file has; undefined for the file of one shard. */
function endOf(file: BlobReader, path: string, isSealed: boolean) {
  const extent = { begin: 0, end: file.size };
  const { isJoined, framesEnd, tablesAt, bytes } = readTables(file, extent, path, isSealed);
  if (!isJoined) return undefined;
  if (tablesAt - framesEnd > MEMBERS_BYTES_MAX) throw damaged(path, framesEnd, 'a list of shards that is too long');
  const sections = Buffer.alloc(tablesAt - framesEnd);
  readFully(file, sections, framesEnd, path);
  return { framesEnd, bytes, section: decodeSections(sections, framesEnd, path).get(Section.members) };
}

/** Shards by the file they are in; inline ones by the empty name. */
export function byFile(entries: readonly ShardEntry[]): ReadonlyMap<string, readonly ShardEntry[]> {
  const files = new Map<string, ShardEntry[]>();
  for (const entry of entries) {
    const others = files.get(entry.file);
    if (others === undefined) files.set(entry.file, [entry]);
    else others.push(entry);
  }
  return files;
}

function decodeShards(body: Buffer, tables: Buffer): readonly JoinedShard[] | undefined {
  const checksumAt = body.byteLength - CHECKSUM_BYTES;
  const count = checksumAt / MEMBER_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > JOINED_SHARDS_MAX) return undefined;
  const expected = Buffer.alloc(CHECKSUM_BYTES);
  putChecksum(expected, 0, tables, 0, tables.byteLength);
  if (!expected.equals(body.subarray(checksumAt))) return undefined;
  const shards: JoinedShard[] = [];
  for (let at = 0, begin = 0; at < checksumAt; at += MEMBER_BYTES) {
    const bytes = Number(body.readBigUInt64LE(at + 4));
    if (!Number.isSafeInteger(begin + bytes)) return undefined;
    shards.push({ shard: body.readUInt32LE(at), region: { at: begin, bytes } });
    begin += bytes;
  }
  return shards;
}
