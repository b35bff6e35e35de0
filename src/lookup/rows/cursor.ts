// key > index page > location > frame cache > frame > record, for many records in order: [where to continue]
//
// A cursor is the position of a row as a text that is safe in URLs. The key alone is a position, unless several records may
// have it. Those are in the order of their locations, so the cursor has the location too. An import in mode `replace` gives
// records new locations: `lineage` says whether the location still means what it did, and the record's own key finds its
// new one.
//
// Bytes, then base64url: u8 version | u8 kind | with kind 1 and 2: u64 lineage, u32 bytes of the primary key, primary key |
// with kind 2: u32 shard, u32 ordinal | key | u64 checksum of the scope and of all bytes before.

import { CHECKSUM_BYTES, xxh64 } from '../../store/files/checksum.js';
import type { Location } from '../../store/types.js';

/** The position of a row. */
export interface Cursor {
  /** Encoded, and whole however long it is. */
  readonly key: Uint8Array;
  /** Which of the records with this key. Absent for a primary key, which one record has. */
  readonly among?: Among | undefined;
}

interface Among {
  /** The record's own key, encoded. */
  readonly primary: Uint8Array;
  /** See `lineageOf`. */
  readonly lineage: bigint;
  /** Absent for a record that a transaction has not committed yet. */
  readonly location?: Location | undefined;
}

const VERSION = 1;
const HEAD_BYTES = 2;
const Kind = { key: 0, among: 1, located: 2 } as const;
const AMONG_BYTES = 12;
const LOCATION_BYTES = 8;

/** @param scope what the cursor belongs to: `decodeCursor` refuses it for another scope */
export function encodeCursor({ key, among }: Cursor, scope: string): string {
  const head = Buffer.from([VERSION, among === undefined ? Kind.key : among.location ? Kind.located : Kind.among]);
  const parts: Uint8Array[] = [head];
  if (among !== undefined) {
    const numbers = Buffer.alloc(AMONG_BYTES);
    numbers.writeBigUInt64LE(among.lineage, 0);
    numbers.writeUInt32LE(among.primary.byteLength, 8);
    parts.push(numbers, among.primary);
    if (among.location !== undefined) {
      const location = Buffer.alloc(LOCATION_BYTES);
      location.writeUInt32LE(among.location.shard, 0);
      location.writeUInt32LE(among.location.ordinal, 4);
      parts.push(location);
    }
  }
  const body = Buffer.concat([...parts, key]);
  return Buffer.concat([body, checksumOf(body, scope)]).toString('base64url');
}

/** @throws TypeError for a text that is no cursor of this scope */
export function decodeCursor(text: string, scope: string): Cursor {
  const bytes = Buffer.from(text, 'base64url');
  const body = bytes.subarray(0, Math.max(0, bytes.byteLength - CHECKSUM_BYTES));
  const isWhole = body.byteLength > HEAD_BYTES && bytes.toString('base64url') === text;
  if (!isWhole || !checksumOf(body, scope).equals(bytes.subarray(body.byteLength))) {
    throw new TypeError(
      `this is not a cursor of ${scope}: it is damaged, or belongs to another collection or index; read from the beginning`,
    );
  }
  if (body[0] !== VERSION)
    throw new TypeError(`a newer gristmill made this cursor of ${scope}; read from the beginning`);
  // Whoever can compute the checksum can make positions, which lead to rows of this index only.
  const kind = body[1];
  if (kind === Kind.key) return { key: keyFrom(body, HEAD_BYTES) };
  const lineage = body.readBigUInt64LE(HEAD_BYTES);
  const primaryAt = HEAD_BYTES + AMONG_BYTES;
  const primaryEnd = primaryAt + body.readUInt32LE(primaryAt - 4);
  const primary = body.subarray(primaryAt, primaryEnd);
  if (kind === Kind.among) return { key: keyFrom(body, primaryEnd), among: { primary, lineage } };
  const location = { shard: body.readUInt32LE(primaryEnd), ordinal: body.readUInt32LE(primaryEnd + 4) };
  return { key: keyFrom(body, primaryEnd + LOCATION_BYTES), among: { primary, lineage, location } };
}

/** A copy that is no Buffer: `slice` of a Buffer is the same bytes, and `cutKey` changes the slice that it takes. */
function keyFrom(body: Uint8Array, from: number): Uint8Array {
  return Uint8Array.from(body.subarray(from));
}

function checksumOf(body: Uint8Array, scope: string): Buffer {
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeBigUInt64LE(xxh64(Buffer.concat([Buffer.from(scope), body])));
  return checksum;
}
