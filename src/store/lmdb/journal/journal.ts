// store at rest: [journal]
//
// The journal of an index (docs/format.md, Journal of the catalog): a commit writes what it changes in `meta` as one record, and not into the
// pages of LMDB where each of the values is. Many commits later, one puts the values where they belong (target.ts). Until then
// every reader reads `meta` with the journal's changes over it. It holds them in memory, and reads only the records that are
// new to it: those of one journal are never changed, and `meta` does not change beside them.

import type { ByteMap } from '../../catalog/byte-map.js';
import { damaged, unseal } from '../../catalog/values.js';
import { decodeRecord, type JournalChanges, NO_CHANGES } from './record.js';
import { decodeHead, HEAD_KEY, type JournalHead, recordKey } from './values.js';

/** What one transaction of LMDB has in the journal. */
export interface JournalState extends JournalHead, JournalChanges {
  /** The head as it is stored. Absent in a store that has no journal: older versions of gristmill may write to it. */
  readonly stored?: Buffer | undefined;
}

/** LMDB's databases in one transaction, without the journal's changes. */
export interface JournalSource {
  /** The head as it is stored: in an encrypted store, sealed. */
  head(): Buffer | undefined;
  /** The unnamed database. */
  readonly log: ByteMap;
  readonly meta: ByteMap;
}

const NONE: JournalState = { first: 1, next: 1, bytes: 0, ...NO_CHANGES };

/** For one opened index in one thread. */
export class Journal {
  readonly #file: string;
  /** Of the newest transaction that was read. */
  #known = NONE;
  #made: JournalState | undefined;
  /** What the write transaction under way has made of `meta`. */
  working: ByteMap | undefined;
  /** What is read until further notice, by who knows that nothing is committed meanwhile. */
  pinned: JournalState | undefined;

  /** @param file of the index, for errors */
  constructor(file: string) {
    this.#file = file;
  }

  /** What a transaction finds. @throws GristmillError CHECKSUM_MISMATCH */
  read(source: JournalSource): JournalState {
    const stored = source.head();
    if (stored === undefined) return NONE;
    for (const state of [this.#known, this.#made]) {
      if (state?.stored?.equals(stored)) return this.#keep(state);
    }
    const head = decodeHead(source.log.get(HEAD_KEY) ?? stored, this.#file);
    const known = this.#known;
    const isLater = head.first === known.first && head.next >= known.next;
    const from = isLater ? known : { ...NO_CHANGES, next: head.first };
    const state = { ...head, stored, ...this.#changesOf(source, from, head.next) };
    // Who reads an old state does not make others read it again.
    return head.next < known.next ? state : this.#keep(state);
  }

  /** Who writes a record need not read it: if the head is found as it was written, the state is this one. */
  wrote(state: JournalState): void {
    this.#made = state;
  }

  #keep(state: JournalState): JournalState {
    this.#known = state;
    this.#made = undefined;
    return state;
  }

  #changesOf(
    { log, meta }: JournalSource,
    from: JournalChanges & { readonly next: number },
    next: number,
  ): JournalChanges {
    const records = log.range({ start: recordKey(from.next), end: recordKey(next) });
    let changes: JournalChanges = from;
    for (let i = 0; i < next - from.next; i++) {
      const what = `record ${from.next + i} of the journal`;
      const found = records[i];
      if (found === undefined || !recordKey(from.next + i).equals(found.key)) {
        throw damaged(what, this.#file, 'it is missing');
      }
      const record = unseal(found.value, what, this.#file);
      try {
        changes = decodeRecord(record, changes, (key) => meta.get(key));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw damaged(what, this.#file, error.message);
      }
    }
    return { changes: changes.changes, last: changes.last };
  }
}
