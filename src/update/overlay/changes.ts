// record > line, keys > [overlay > pages] > transaction
//
// What a group of transactions changes, and the same as bytes that go to the thread that commits it: a head in JSON, then
// record after record. Encoding and decoding stand side by side. Numbers are of 32 bits, little-endian.

import type { AuditPart, AuditRecord } from '../../store/audit/types.js';
import type { CollectionManifest, StoreHeader } from '../../store/types.js';
import type { NewRecord } from '../records/record.js';
import type { KeyChange } from './overlay.js';

export interface GroupChanges {
  /** The numbers that are free when new collections and their trees have taken theirs. */
  readonly numbers: Pick<StoreHeader, 'nextCollection' | 'nextTree'>;
  /** New collections; those that get records are in `collections` too. */
  readonly created: readonly CollectionManifest[];
  readonly collections: readonly CollectionChanges[];
  /** What the audit log says of the transactions. Absent where they are part of another change. */
  readonly audit?: GroupAudit | undefined;
}

/** The transactions of a group that have changed something, for the audit log. */
export interface GroupAudit {
  readonly parts: readonly AuditPart[];
  /** Each change of a record, where the store logs them. */
  readonly records?: readonly AuditRecord[] | undefined;
  readonly recordsLeftOut?: number | undefined;
}

/** A record as it is stored: its key is that of its change. */
export type StoredRecord = Pick<NewRecord, 'line' | 'secondary'>;

/** What becomes of one key. Without a record it is deleted. */
export interface StoredChange extends Pick<KeyChange, 'key' | 'whole' | 'patches'> {
  readonly record?: StoredRecord;
}

export interface CollectionChanges {
  readonly name: string;
  /** In the order in which they were made. None in a collection without a key. */
  readonly keyed: readonly StoredChange[];
  /** In a collection without a key: records to append, and ordinals of records to delete. */
  readonly appended: readonly StoredRecord[];
  readonly deleted: readonly number[];
}

/** The head of a collection: its records follow, those to append first. */
interface Head extends Pick<GroupChanges, 'numbers' | 'created' | 'audit'> {
  readonly collections: readonly (Pick<CollectionChanges, 'name' | 'deleted'> & {
    readonly appended: number;
    readonly keyed: number;
  })[];
}

/** @returns bytes in a memory of their own, so that it can be moved to another thread */
export function encodeChanges({ numbers, created, collections, audit }: GroupChanges): Uint8Array {
  const heads = collections.map(({ name, deleted, appended, keyed }) => {
    return { name, deleted, appended: appended.length, keyed: keyed.length };
  });
  const head: Head = { numbers, created, collections: heads, audit };
  const to = new Parts();
  to.bytes(Buffer.from(JSON.stringify(head)));
  for (const { appended, keyed } of collections) {
    for (const record of appended) putRecord(to, record);
    for (const { key, whole, record, patches } of keyed) {
      to.bytes(key);
      to.bytes(whole ?? NOTHING);
      to.number(record === undefined ? 0 : 1);
      if (record === undefined) continue;
      to.bytes(patches === undefined ? NOTHING : Buffer.from(JSON.stringify(patches)));
      putRecord(to, record);
    }
  }
  return to.joined();
}

export function decodeChanges(bytes: Uint8Array): GroupChanges {
  const reader = new Reader(bytes);
  const { numbers, created, collections, audit } = JSON.parse(reader.bytes().toString()) as Head;
  return {
    ...{ numbers, created, audit },
    collections: collections.map(({ name, deleted, appended, keyed }) => ({
      ...{ name, deleted },
      appended: Array.from({ length: appended }, () => takeRecord(reader)),
      keyed: Array.from({ length: keyed }, () => takeChange(reader)),
    })),
  };
}

function takeChange(reader: Reader): StoredChange {
  const [encoded, whole] = [reader.bytes(), reader.bytes()];
  const key = { key: encoded, ...(whole.byteLength > 0 && { whole }) };
  if (reader.number() === 0) return key;
  const patches = reader.bytes();
  const record = takeRecord(reader);
  return { ...key, record, ...(patches.byteLength > 0 && { patches: JSON.parse(patches.toString()) as string[] }) };
}

function putRecord(to: Parts, { line, secondary }: StoredRecord): void {
  to.bytes(line);
  to.number(secondary.length);
  for (const keys of secondary) {
    to.number(keys.length);
    for (const key of keys) to.bytes(key);
  }
}

function takeRecord(reader: Reader): StoredRecord {
  const line = reader.bytes();
  const secondary = Array.from({ length: reader.number() }, () =>
    Array.from({ length: reader.number() }, () => reader.bytes()),
  );
  return { line, secondary };
}

const NOTHING = new Uint8Array();
const NUMBER_BYTES = 4;

/** Collects what is written: memory that is given up as it becomes too small would be collected in the event loop. */
class Parts {
  readonly #parts: (number | Uint8Array)[] = [];
  #size = 0;

  number(number: number): void {
    this.#parts.push(number);
    this.#size += NUMBER_BYTES;
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.byteLength);
    this.#parts.push(bytes);
    this.#size += bytes.byteLength;
  }

  joined(): Uint8Array {
    const buffer = Buffer.from(new ArrayBuffer(this.#size));
    let at = 0;
    for (const part of this.#parts) {
      if (typeof part === 'number') at = buffer.writeUInt32LE(part, at);
      else {
        buffer.set(part, at);
        at += part.byteLength;
      }
    }
    return buffer;
  }
}

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(): number {
    const number = this.#buffer.readUInt32LE(this.#at);
    this.#at += NUMBER_BYTES;
    return number;
  }

  /** A view: nobody writes to it. */
  bytes(): Buffer {
    const from = this.#at + NUMBER_BYTES;
    this.#at = from + this.#buffer.readUInt32LE(this.#at);
    return this.#buffer.subarray(from, this.#at);
  }
}
