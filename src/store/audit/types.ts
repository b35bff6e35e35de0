// store at rest: [audit]
//
// What an entry of the audit log says, field by field in the order in which they are written: the text that is hashed has
// this order (docs/audit.md).

import type { AuditFields } from '../../options/audit.js';
import type { AuditOperation } from './operations.js';

/** The process that made a change. */
export interface AuditActor {
  /** The user id of the process. Absent on systems without user ids. */
  readonly uid?: number;
  /** The name of the user. Absent if the system has none for the id. */
  readonly user?: string;
  /** The process id. */
  readonly pid: number;
  /** The name of the machine. */
  readonly host: string;
}

/** Who asked for a change, and why, beside the process that made it. */
export interface AuditNote {
  /** Fields of the application about who did it. */
  readonly by?: AuditFields | undefined;
  /** The reason that was given. */
  readonly why?: string | undefined;
}

/** What a change did to one collection. A count that does not belong to the operation is absent. */
export interface AuditCollection {
  /** The name of the collection. */
  readonly name: string;
  /** Whether the transaction made the collection. */
  readonly created?: true;
  /** Of a renamed collection: its name from now on. */
  readonly to?: string;
  /** Of an index: its path. */
  readonly index?: string | readonly string[];
  /** Of an import: replace, upsert or insert. */
  readonly mode?: string;
  /** Records that transactions put, patched ones too. */
  readonly put?: number;
  /** Records that transactions deleted. */
  readonly deleted?: number;
  /** Records that an import read. */
  readonly read?: number;
  /** Records that an import stored. */
  readonly stored?: number;
  /** Bad records, which an import rejected. */
  readonly rejected?: number;
  /** Records that others with the same key replaced. */
  readonly replaced?: number;
  /** Records that vanished from the sources. */
  readonly removed?: number;
  /** Live records after the change, or before a drop or clear. */
  readonly records?: number;
  /** Of a compaction: dead records after it. */
  readonly dead?: number;
  /** Of an import: the SHA-256 of the SHA-256 sums of its new shards, one after another. */
  readonly content?: string;
}

/** The transactions of one commit that have the same application fields and reason. */
export interface AuditPart extends AuditNote {
  /** Set where they are part of another operation. */
  readonly operation?: AuditOperation;
  /** How many transactions were committed together. */
  readonly transactions: number;
  /** The collections that were changed, with the numbers of their records. */
  readonly collections: readonly AuditCollection[];
}

/** The sources of an import. */
export interface AuditSource {
  /** Their names as they were given; the first ten. */
  readonly names: readonly string[];
  /** Files that were read. Absent for streams. */
  readonly files?: number;
  /** Bytes of these files. Absent for streams. */
  readonly bytes?: number;
  /** The SHA-256 of paths, devices, inodes, sizes and times of all files. */
  readonly fingerprint?: string;
}

/** A change of one record, in entries of transactions where `audit.records` is set. */
export interface AuditRecord {
  /** The name of the collection. */
  readonly collection: string;
  /** The key as JSON text. */
  readonly key: string;
  /** What was done to the record. */
  readonly operation: 'put' | 'patch' | 'delete';
  /** The SHA-256 of the line before and after the change. Absent where there was or is none. */
  readonly before?: string;
  readonly after?: string;
}

/** What whoever makes a change says of it. */
export interface AuditChange extends AuditNote {
  /** What was done. */
  readonly operation: AuditOperation;
  /** What came of it. */
  readonly result?: string;
  /** The collections that were changed, with the numbers of their records. */
  readonly collections?: readonly AuditCollection[];
  /** How many transactions were committed together. */
  readonly transactions?: number;
  /** The transactions of one commit, where they are not all of one note. */
  readonly parts?: readonly AuditPart[];
  /** Single records, where the option `records` asks for them. */
  readonly records?: readonly AuditRecord[];
  /** Changes of records that are not listed, because they are too many. */
  readonly recordsLeftOut?: number;
  /** Of imports: where the records came from. */
  readonly source?: AuditSource;
  /** Of a prune: the entries that were removed, and the hash of the last of them. */
  readonly removed?: { readonly from: number; readonly through: number; readonly hash: string };
  /** Of a change of the retention: newest entries that are kept at least; 0: all. */
  readonly keep?: number;
}

/** An entry of the audit log. */
export interface AuditEntry extends AuditChange {
  readonly version: number;
  /** The number of the entry. It rises by one from each entry to the next. */
  readonly sequence: number;
  /** ISO 8601 time. */
  readonly time: string;
  /** The number of the store's publications after the change. */
  readonly generation: number;
  /** In the first entry of a chain: the id of the chain. */
  readonly chain?: string;
  /** Publications before this one that have no entry: those of older versions of gristmill. Absent: none. */
  readonly unlogged?: number;
  /** Who did it. */
  readonly actor: AuditActor;
  /** What came of it. */
  readonly result: string;
  /** The hash of the entry before, hexadecimal; zeros in the first entry of a chain. */
  readonly previous: string;
  /** The hash of this entry, hexadecimal. */
  readonly hash: string;
}
