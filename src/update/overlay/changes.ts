// record > line, keys > [overlay > pages] > transaction
//
// What a group of transactions changes, and the same as bytes that go to the thread that commits it: a head in JSON, then
// record after record. Encoding and decoding stand side by side. Numbers are of 32 bits, little-endian.

import type { AuditPart, AuditRecord } from '../../store/audit/types.js';
import type { CollectionManifest, StoreHeader } from '../../store/types.js';
import type { NewRecord } from '../records/record.js';
import type { KeyChange } from './overlay.js';

interface Changes<R> {
  /** The numbers that are free when new collections and their trees have taken theirs. */
  readonly numbers: Pick<StoreHeader, 'nextCollection' | 'nextTree'>;
  /** New collections; those that get records are in `collections` too. */
  readonly created: readonly CollectionManifest[];
  readonly collections: readonly ChangesOf<R>[];
  /** What the audit log says of the transactions. Absent where they are part of another change. */
  readonly audit?: GroupAudit | undefined;
}

/** As a group has made them, and as they are written. */
export type MadeChanges = Changes<MadeRecord>;
export type GroupChanges = Changes<StoredRecord>;

/** The transactions of a group that have changed something, for the audit log. */
export interface GroupAudit {
  readonly parts: readonly AuditPart[];
  /** Each change of a record, where the store logs them. */
  readonly records?: readonly AuditRecord[] | undefined;
  readonly recordsLeftOut?: number | undefined;
}

/** A record: its key is that of its change. */
export type MadeRecord = Pick<NewRecord, 'line' | 'kept' | 'secondary'>;

/** The same as it is stored. */
export interface StoredRecord extends Pick<NewRecord, 'secondary'> {
  readonly line: Uint8Array;
  /** The shape of the line. Undefined: that of the collection. */
  readonly shape: number | undefined;
}

/** What becomes of one key. Without a record it is deleted. */
interface ChangeOf<R> extends Pick<KeyChange, 'key' | 'whole' | 'patches'> {
  readonly record?: R | undefined;
}
export type StoredChange = ChangeOf<StoredRecord>;

interface ChangesOf<R> {
  readonly name: string;
  /** In the order in which they were made. None in a collection without a key. */
  readonly keyed: readonly ChangeOf<R>[];
  /** In a collection without a key: records to append, and ordinals of records to delete. */
  readonly appended: readonly R[];
  readonly deleted: readonly number[];
}
export type CollectionChanges = ChangesOf<StoredRecord>;

/** The head of a collection: its records follow, those to append first. */
interface Head extends Pick<MadeChanges, 'numbers' | 'created' | 'audit'> {
  readonly collections: readonly (Pick<CollectionChanges, 'name' | 'deleted'> & {
    readonly appended: number;
    readonly keyed: number;
  })[];
}

/** Stands for the shape of the collection. */
const OWN_SHAPE = 2 ** 32 - 1;
/** What a change has. */
const HAS_RECORD = 1;
const HAS_WHOLE_KEY = 2;
const HAS_PATCHES = 4;

/** @returns bytes in a memory of their own, so that it can be moved to another thread */
export function encodeChanges({ numbers, created, collections, audit }: MadeChanges): Uint8Array {
  const heads = collections.map(({ name, deleted, appended, keyed }) => {
    return { name, deleted, appended: appended.length, keyed: keyed.length };
  });
  const head = JSON.stringify({ numbers, created, collections: heads, audit } satisfies Head);
  let size = textSize(head);
  for (const { appended, keyed } of collections) {
    for (const record of appended) size += recordSize(record);
    for (const change of keyed) size += changeSize(change);
  }
  const to = new Writer(size);
  to.text(head);
  for (const { appended, keyed } of collections) {
    for (const record of appended) putRecord(to, record);
    for (const change of keyed) putChange(to, change);
  }
  return to.finished();
}

export function decodeChanges(bytes: Uint8Array): GroupChanges {
  const reader = new Reader(bytes);
  const { numbers, created, collections, audit } = JSON.parse(reader.text()) as Head;
  return {
    ...{ numbers, created, audit },
    collections: collections.map(({ name, deleted, appended, keyed }) => ({
      ...{ name, deleted },
      appended: listOf(appended, () => takeRecord(reader)),
      keyed: listOf(keyed, () => takeChange(reader)),
    })),
  };
}

function changeSize({ key, whole, record, patches }: ChangeOf<MadeRecord>): number {
  let size = 2 * NUMBER_BYTES + key.byteLength;
  if (whole !== undefined) size += NUMBER_BYTES + whole.byteLength;
  if (patches !== undefined) size += textSize(JSON.stringify(patches));
  return record === undefined ? size : size + recordSize(record);
}

function putChange(to: Writer, { key, whole, record, patches }: ChangeOf<MadeRecord>): void {
  const has = (record && HAS_RECORD) ?? 0;
  to.number(has | (whole === undefined ? 0 : HAS_WHOLE_KEY) | (patches === undefined ? 0 : HAS_PATCHES));
  to.bytes(key);
  if (whole !== undefined) to.bytes(whole);
  if (patches !== undefined) to.text(JSON.stringify(patches));
  if (record !== undefined) putRecord(to, record);
}

function takeChange(reader: Reader): StoredChange {
  const has = reader.number();
  const key = reader.bytes();
  // All of one shape.
  return {
    key,
    whole: (has & HAS_WHOLE_KEY) === 0 ? undefined : reader.bytes(),
    patches: (has & HAS_PATCHES) === 0 ? undefined : (JSON.parse(reader.text()) as string[]),
    record: (has & HAS_RECORD) === 0 ? undefined : takeRecord(reader),
  };
}

function recordSize({ line, kept, secondary }: MadeRecord): number {
  let size = textSize(kept?.line ?? line) + 2 * NUMBER_BYTES;
  for (const keys of secondary) {
    size += NUMBER_BYTES;
    for (const key of keys) size += NUMBER_BYTES + key.byteLength;
  }
  return size;
}

function putRecord(to: Writer, { line, kept, secondary }: MadeRecord): void {
  to.text(kept?.line ?? line);
  to.number(kept === undefined ? OWN_SHAPE : kept.shape);
  to.number(secondary.length);
  for (const keys of secondary) {
    to.number(keys.length);
    for (const key of keys) to.bytes(key);
  }
}

function takeRecord(reader: Reader): StoredRecord {
  const line = reader.bytes();
  const shape = reader.number();
  return {
    line,
    shape: shape === OWN_SHAPE ? undefined : shape,
    secondary: listOf(reader.number(), () => listOf(reader.number(), () => reader.bytes())),
  };
}

function listOf<T>(length: number, take: () => T): T[] {
  const list: T[] = [];
  for (let i = 0; i < length; i++) list.push(take());
  return list;
}

const NUMBER_BYTES = 4;
/** So many bytes are copied sooner by a loop than by a call. */
const LOOP_MAX = 48;

function textSize(text: string): number {
  return NUMBER_BYTES + Buffer.byteLength(text);
}

class Writer {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.from(new ArrayBuffer(size));
  }

  number(number: number): void {
    this.#at = this.#buffer.writeUInt32LE(number, this.#at);
  }

  bytes(bytes: Uint8Array): void {
    const { byteLength } = bytes;
    this.number(byteLength);
    const at = this.#at;
    if (byteLength > LOOP_MAX) this.#buffer.set(bytes, at);
    else for (let i = 0; i < byteLength; i++) this.#buffer[at + i] = bytes[i]!;
    this.#at = at + byteLength;
  }

  text(text: string): void {
    const from = this.#at + NUMBER_BYTES;
    const length = this.#buffer.write(text, from);
    this.number(length);
    this.#at = from + length;
  }

  finished(): Uint8Array {
    if (this.#at !== this.#buffer.byteLength) throw new Error('encoded changes do not have the size that was counted');
    return this.#buffer;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(): number {
    const number = this.#view.getUint32(this.#at, true);
    this.#at += NUMBER_BYTES;
    return number;
  }

  /** A view: nobody writes to it. */
  bytes(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    const length = this.number();
    const from = this.#at;
    this.#at += length;
    return new Uint8Array(buffer, byteOffset + from, length);
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes();
    return Buffer.from(buffer, byteOffset, byteLength).toString();
  }
}
