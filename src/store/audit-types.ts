// store at rest: [catalog]
//
// The audit log as the catalog keeps it: a head, and entries under their sequence numbers (docs/format.md, Audit log). What
// the entries say is for store/audit.

/** What is known of the log without reading it: catalog key `11`. Absent: no change was logged yet. */
export interface AuditHead {
  /** The id of this chain. A log that is begun again gets another one. */
  readonly chain: string;
  /** Sequence number of the oldest entry that is kept, and of the newest. */
  readonly first: number;
  readonly sequence: number;
  /** The hash before the oldest entry that is kept, and that of the newest: hexadecimal. */
  readonly base: string;
  readonly hash: string;
  /** The store's generation after the last logged change. */
  readonly generation: number;
  /** Newest entries that are kept at least; 0: all. Absent: the default. */
  readonly keep?: number;
  /** Of an encrypted store: the key of the chain, in hexadecimal digits. Absent: it is made of data key 1. */
  readonly key?: string;
}

/** An entry as it is at rest, with its checksum: catalog key `10` sequence. */
export interface AuditValue {
  readonly sequence: number;
  readonly value: Buffer;
}

/** Reads of the log. */
export interface AuditRead {
  auditHead(): AuditHead | undefined;
  /** Entries whose sequence numbers are from `from` to `to`, at most `max`; with `reverse` the newest first. Not verified. */
  auditValues(from: number, to: number, max: number, reverse?: boolean): readonly AuditValue[];
}

/** Writes of the log, within a transaction. */
export interface AuditWrite {
  putAuditHead(head: AuditHead): void;
  /** @param entry see `encodeEntry` */
  putAuditEntry(sequence: number, entry: Uint8Array): void;
  /** Writes an entry as another index has it, with its checksum. */
  putAuditValue(sequence: number, value: Uint8Array): void;
  /** Removes the entries from one sequence number to another one, both included. */
  deleteAuditEntries(from: number, through: number): void;
}
