// record > line, keys > [overlay] > pages > transaction
//
// What the audit log says of the transactions of a group. Most groups are of one application and give no reason: such
// transactions are counted together, so an entry is short however many there are. Each reason, and each set of fields of an
// application, is kept.

import { createHash } from 'node:crypto';
import { AUDIT_RECORDS_MAX } from '../../base/limits.js';
import { keyText } from '../../keys/decode.js';
import type { KeyValue } from '../../keys/encode.js';
import type { AuditOperation } from '../../store/audit/operations.js';
import type { AuditCollection, AuditNote, AuditPart, AuditRecord } from '../../store/audit/types.js';
import type { CollectionManifest } from '../../store/types.js';
import type { GroupAudit } from '../overlay/changes.js';
import type { Overlay } from '../overlay/overlay.js';

/** What a transaction is logged with. */
export interface TransactionNote extends AuditNote {
  /** Set where it is a part of another operation. */
  readonly operation?: AuditOperation;
}

/** Of transactions of which nobody says anything. */
export const NO_NOTE: TransactionNote = Object.freeze({});

type Collections = ReadonlyMap<string, { readonly overlay: Overlay }>;

/** Counts of one collection, in the making. */
interface Counts {
  created?: true;
  put: number;
  deleted: number;
}

interface Part {
  readonly note: TransactionNote;
  transactions: number;
  readonly collections: Map<string, Counts>;
}

/** Collects the changes of single records. */
export class RecordLog {
  readonly rows: AuditRecord[] = [];
  leftOut = 0;
  bytes = 0;

  /** @param before the JSON text of the record; undefined where there was none. `after`: the same */
  add(
    collection: string,
    key: KeyValue,
    operation: AuditRecord['operation'],
    before: string | undefined,
    after: string | undefined,
  ): void {
    if (this.rows.length === AUDIT_RECORDS_MAX) {
      this.leftOut++;
      return;
    }
    const row = {
      ...{ collection, key: keyText(key), operation },
      ...(before !== undefined && { before: sha256(before) }),
      ...(after !== undefined && { after: sha256(after) }),
    };
    this.rows.push(row);
    this.bytes += row.key.length + ROW_BYTES;
  }
}

/** Of two hashes, and names. */
const ROW_BYTES = 200;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export class GroupLog {
  readonly #collections: Collections;
  readonly #created: readonly CollectionManifest[];
  /** By the text of their notes. */
  readonly #parts = new Map<string, Part>();
  #last: Part | undefined;
  /** As the running transaction began: puts and deletions of each collection, one after another. */
  readonly #before: number[] = [];
  #createdBefore = 0;
  #rowsBefore = { rows: 0, leftOut: 0 };
  readonly records: RecordLog | undefined;
  #bytes = 0;

  constructor(collections: Collections, created: readonly CollectionManifest[], logsRecords: boolean) {
    this.#collections = collections;
    this.#created = created;
    this.records = logsRecords ? new RecordLog() : undefined;
  }

  get bytes(): number {
    return this.#bytes + (this.records?.bytes ?? 0);
  }

  begin(): void {
    this.#before.length = 0;
    for (const { overlay } of this.#collections.values()) this.#before.push(overlay.puts, overlay.deletions);
    this.#createdBefore = this.#created.length;
    if (this.records) this.#rowsBefore = { rows: this.records.rows.length, leftOut: this.records.leftOut };
  }

  takeBack(): void {
    if (this.records === undefined) return;
    this.records.rows.length = this.#rowsBefore.rows;
    this.records.leftOut = this.#rowsBefore.leftOut;
  }

  /** The transaction has not thrown. One that changed nothing is not logged. */
  end(note: TransactionNote): void {
    let part: Part | undefined;
    const countsOf = (name: string): Counts => {
      part ??= this.#partOf(note);
      let counts = part.collections.get(name);
      if (counts === undefined) {
        counts = { put: 0, deleted: 0 };
        part.collections.set(name, counts);
      }
      return counts;
    };
    for (const { name } of this.#created.slice(this.#createdBefore)) countsOf(name).created = true;
    let i = 0;
    for (const [name, { overlay }] of this.#collections) {
      // A collection that the transaction opened had none.
      const put = overlay.puts - (this.#before[i++] ?? 0);
      const deleted = overlay.deletions - (this.#before[i++] ?? 0);
      if (put + deleted === 0) continue;
      const counts = countsOf(name);
      counts.put += put;
      counts.deleted += deleted;
    }
    if (part !== undefined) part.transactions++;
  }

  /** Those of one note are counted together. */
  #partOf(note: TransactionNote): Part {
    if (this.#last?.note === note) return this.#last;
    const text = JSON.stringify(note);
    let part = this.#parts.get(text);
    if (part === undefined) {
      part = { note, transactions: 0, collections: new Map() };
      this.#parts.set(text, part);
      this.#bytes += text.length;
    }
    this.#last = part;
    return part;
  }

  audit(): GroupAudit | undefined {
    if (this.#parts.size === 0) return undefined;
    const parts = Array.from(this.#parts.values(), ({ note, transactions, collections }): AuditPart => {
      const { operation, by, why } = note;
      const counted = Array.from(
        collections,
        ([name, { created, put, deleted }]): AuditCollection => ({
          ...{ name, ...(created && { created }) },
          ...(put > 0 && { put }),
          ...(deleted > 0 && { deleted }),
        }),
      );
      return {
        ...(operation && { operation }),
        ...{ by, why, transactions, collections: counted },
      };
    });
    const { rows, leftOut } = this.records ?? { rows: [], leftOut: 0 };
    return {
      parts,
      ...(rows.length > 0 && { records: rows }),
      ...(leftOut > 0 && { recordsLeftOut: leftOut }),
    };
  }
}
