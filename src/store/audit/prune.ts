// store at rest: [audit]
//
// Removes old entries, and says how many are kept. Both are logged: the entry of a prune has the hash of the last entry that
// went, so the rest is still a chain whose beginning nobody can move.

import type { StorePlace } from '../files/blobs.js';
import type { Catalog } from '../types.js';
import { appendEntry, removeThrough } from './append.js';
import { auditEntries } from './log.js';
import type { AuditNote } from './types.js';

/** The result of `store.audit.prune`. */
export interface AuditPruneReport {
  /** Entries that were removed. */
  readonly removed: number;
  /** Sequence number of the oldest entry that is kept; 0: none. */
  readonly first: number;
  /** Sequence number of the newest entry; 0: none. */
  readonly last: number;
}

/**
 * Removes the entries before a sequence number. The newest one stays in any case.
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR
 */
export function pruneAudit(
  { catalog, place }: { readonly catalog: Catalog; readonly place: StorePlace },
  before: number,
  note: AuditNote,
): Promise<AuditPruneReport> {
  return catalog.transaction((write) => {
    const head = catalog.auditHead();
    if (head === undefined) return { removed: 0, first: 0, last: 0 };
    const through = Math.min(before, head.sequence) - 1;
    if (through < head.first) return { removed: 0, first: head.first, last: head.sequence };
    const next = removeThrough({ catalog, write, place }, head, through, note);
    write.putAuditHead(next);
    return { removed: next.first - head.first, first: next.first, last: next.sequence };
  });
}

/** The sequence number of the first entry that was not written before a time; that behind the last one, if all were. */
export async function firstSince(catalog: Catalog, time: Date): Promise<number> {
  const snapshot = catalog.snapshot();
  try {
    for await (const entry of auditEntries(snapshot)) if (new Date(entry.time) >= time) return entry.sequence;
    return (snapshot.auditHead()?.sequence ?? 0) + 1;
  } finally {
    snapshot.release();
  }
}

/** Says how many of the newest entries the log keeps at least; 0: all. */
export function keepAudit(
  { catalog, place }: { readonly catalog: Catalog; readonly place: StorePlace },
  keep: number,
  note: AuditNote,
): Promise<void> {
  return catalog.transaction((write) => {
    // The entry that begins a log makes its head.
    appendEntry({ catalog, write, place }, catalog.generation(), { operation: 'retention', ...note, keep });
    write.putAuditHead({ ...catalog.auditHead()!, keep });
  });
}
