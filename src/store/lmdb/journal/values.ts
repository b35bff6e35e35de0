// store at rest: [journal]
//
// The keys and values of the journal in LMDB's unnamed database, encode beside decode. The other keys there are the names of
// databases, which are of letters and so before these.
//
//   FA u64 number   a record (record.ts), after its XXH64
//   FB              the head: XXH64 | u64 number of the first record | u64 number of the next one | u64 bytes of all records
//                   | XXH64 of the last record

import { damaged, seal, unseal } from '../../catalog/values.js';
import { xxh64 } from '../../files/checksum.js';

const RECORD_KIND = 0xfa;
const HEAD_KIND = 0xfb;
const NUMBER_BYTES = 8;
const HEAD_BYTES = 4 * NUMBER_BYTES;

export const HEAD_KEY = Buffer.of(HEAD_KIND);
/** All keys of the journal are from here on, and before the other. */
export const JOURNAL_START = Buffer.of(RECORD_KIND);
export const JOURNAL_END = Buffer.of(HEAD_KIND + 1);

export function recordKey(number: number): Buffer {
  const key = Buffer.alloc(1 + NUMBER_BYTES);
  key[0] = RECORD_KIND;
  key.writeBigUInt64BE(BigInt(number), 1);
  return key;
}

/** What tells of the journal without reading it. A commit that changes `meta` changes it. */
export interface JournalHead {
  /** Number of the first record. */
  readonly first: number;
  /** Number of the next one: as great as `first` where there is none. */
  readonly next: number;
  /** Of all records. */
  readonly bytes: number;
}

/** @param last the last record */
export function encodeHead({ first, next, bytes }: JournalHead, last: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  [first, next, bytes].forEach((number, i) => void head.writeBigUInt64LE(BigInt(number), i * NUMBER_BYTES));
  head.writeBigUInt64LE(xxh64(last), 3 * NUMBER_BYTES);
  return seal(head);
}

/** @throws GristmillError CHECKSUM_MISMATCH */
export function decodeHead(value: Uint8Array, file: string): JournalHead {
  const what = 'head of the journal';
  const bytes = Buffer.from(unseal(value, what, file));
  if (bytes.byteLength !== HEAD_BYTES) throw damaged(what, file, `it has ${bytes.byteLength} bytes`);
  const [first, next, all] = [0, 1, 2].map((i) => Number(bytes.readBigUInt64LE(i * NUMBER_BYTES)));
  const head = { first: first!, next: next!, bytes: all! };
  if (Object.values(head).every(Number.isSafeInteger) && head.first <= head.next) return head;
  throw damaged(what, file, 'its numbers are not those of records');
}
