// store at rest: [journal]
//
// Database `meta` as a write transaction writes to it. What it writes is collected. In the end it becomes a record of the
// journal. If the journal has no room for it, all changes of the journal and of the transaction are put into `meta`, and the
// journal is empty again.

import { failpoint } from '../../../base/failpoints.js';
import type { ByteMap, ByteRange } from '../../catalog/byte-map.js';
import { Layered, REMOVED } from '../../catalog/layered.js';
import { SortedMap } from '../../catalog/sorted-map.js';
import { formatOfHeader, JOURNAL_FORMAT, STORE_KEY, seal } from '../../catalog/values.js';
import type { WritableByteMap } from '../../catalog/write.js';
import { WriteSet } from '../../catalog/write-set.js';
import type { Journal, JournalState } from './journal.js';
import { encodeRecord, NO_CHANGES } from './record.js';
import { encodeHead, HEAD_KEY, recordKey } from './values.js';

/**
 * Bytes of all records of a journal. Who opens a store reads all of them, which takes some milliseconds; a commit that empties
 * the journal writes a few hundred pages.
 */
const JOURNAL_BYTES_MAX = 256 * 1024;
/** Bytes of keys and values of a transaction that may be one record. */
const CHANGES_BYTES_MAX = JOURNAL_BYTES_MAX;

/** A database within the write transaction. */
interface Stored {
  readonly read: ByteMap;
  readonly write: WritableByteMap;
}

export interface JournalTargets {
  readonly meta: Stored;
  /** The unnamed database. */
  readonly log: Stored;
  /** The head as it is stored now. */
  head(): Buffer | undefined;
  /** Throws where the file system has no room for values of so many bytes. */
  askRoom(bytes: number): void;
}

export class JournalTarget implements ByteMap, WritableByteMap {
  readonly #file: string;
  readonly #journal: Journal;
  readonly #state: JournalState;
  readonly #targets: JournalTargets;
  /** Undefined from when it was put into `meta`. */
  #set: WriteSet | undefined;
  #bytes = 0;

  /** @param state the journal as the transaction found it */
  constructor(file: string, journal: Journal, state: JournalState, targets: JournalTargets) {
    this.#file = file;
    this.#journal = journal;
    this.#state = state;
    this.#targets = targets;
    this.#set = new WriteSet(new Layered(targets.meta.read, () => state.changes));
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#read.get(key);
  }

  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[] {
    return this.#read.range(range);
  }

  keys(range: ByteRange): Uint8Array[] {
    return this.#read.keys(range);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#take(key.byteLength + value.byteLength).put(key, value);
  }

  remove(key: Uint8Array): boolean {
    return this.#take(key.byteLength).remove(key);
  }

  /** At the end of the transaction. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, DISK_FULL */
  settle(): void {
    if (!this.#isNoted()) this.#empty();
  }

  /** @returns whether the journal has the changes now */
  #isNoted(): boolean {
    if (this.#set === undefined || this.#state.stored === undefined) return false;
    const { first, next, bytes } = this.#state;
    const { record, after } = encodeRecord(this.#set.changes(), this.#state, (key) => this.#targets.meta.read.get(key));
    if (bytes + record.byteLength > JOURNAL_BYTES_MAX) return false;
    const value = seal(record);
    this.#targets.log.write.put(recordKey(next), value);
    this.#putHead({ first, next: next + 1, bytes: bytes + record.byteLength, ...after }, value);
    return true;
  }

  get #read(): ByteMap {
    return this.#set ?? this.#targets.meta.read;
  }

  #take(bytes: number): WritableByteMap {
    this.#bytes += bytes;
    // A transaction that changes much does not hold it all in memory.
    if (this.#bytes > CHANGES_BYTES_MAX) this.#putAll();
    return this.#set ?? this.#targets.meta.write;
  }

  /** Puts all changes into `meta`. */
  #putAll(): void {
    const set = this.#set;
    if (set === undefined) return;
    const changes = new SortedMap(this.#state.changes);
    for (const { key, value } of set.changes()) changes.take(key, value ?? REMOVED);
    // Who began the transaction has asked for its own values only.
    if (!this.#state.changes.isEmpty) this.#targets.askRoom(changes.bytes);
    const { read, write } = this.#targets.meta;
    for (const { key, value } of changes.walk({ start: REMOVED })) {
      if (value.byteLength > 0) write.put(key, value);
      else if (read.get(key) !== undefined) write.remove(key);
    }
    this.#set = undefined;
  }

  #empty(): void {
    this.#putAll();
    const { first, next, stored } = this.#state;
    const { meta, log } = this.#targets;
    for (let number = first; number < next; number++) log.write.remove(recordKey(number));
    // From this format on nobody writes who does not know of the journal.
    const mayHave = stored !== undefined || formatIn(meta.read, this.#file) >= JOURNAL_FORMAT;
    // A number is left out, so that the head changes.
    if (mayHave) this.#putHead({ first: next + 1, next: next + 1, bytes: 0, ...NO_CHANGES }, REMOVED);
    failpoint('journal.emptied');
  }

  #putHead(state: JournalState, last: Uint8Array): void {
    this.#targets.log.write.put(HEAD_KEY, encodeHead(state, last));
    this.#journal.wrote({ ...state, stored: this.#targets.head() });
  }
}

function formatIn(meta: ByteMap, file: string): number {
  const header = meta.get(STORE_KEY);
  return header === undefined ? 0 : formatOfHeader(header, file);
}
