// store at rest: [audit]
//
// Appends to the audit log, within the transaction that makes the change: both are committed, or neither.

import { randomUUID } from 'node:crypto';
import type { GristmillError } from '../../base/errors.js';
import { AUDIT_KEEP_DEFAULT, AUDIT_PRUNE_ENTRIES, AUDIT_PRUNE_ENTRIES_MAX } from '../../base/limits.js';
import type { AuditHead } from '../audit-types.js';
import type { StorePlace } from '../files/blobs.js';
import type { CatalogRead, CatalogWrite } from '../types.js';
import { processActor } from './actor.js';
import { chainHash, decodeEntry, encodeEntry, NO_HASH, newChainKey } from './chain.js';
import type { AuditChange, AuditEntry } from './types.js';

/** Where a change is logged: in the transaction of `write`, whose changes the reads of `catalog` see. */
export interface AuditTarget {
  readonly catalog: CatalogRead;
  readonly write: CatalogWrite;
  readonly place: Pick<StorePlace, 'seal' | 'by'>;
}

/**
 * Logs a change, as the last step of the transaction that makes it.
 * @param before the store's generation when the transaction began: publications since the last entry that nobody logged show
 */
export function appendEntry(target: AuditTarget, before: number, change: AuditChange): void {
  const { catalog, write } = target;
  const head = catalog.auditHead();
  const unlogged = before - (head?.generation ?? 0);
  const next = appended(target, head, change, unlogged);
  write.putAuditHead(
    next.sequence - next.first < keptAtLeast(next) + AUDIT_PRUNE_ENTRIES ? next : pruned(target, next),
  );
}

/** Newest entries that are kept at least. */
export function keptAtLeast({ keep = AUDIT_KEEP_DEFAULT }: Pick<AuditHead, 'keep'>): number {
  return keep === 0 ? Number.POSITIVE_INFINITY : keep;
}

/** @returns the head with the entry; nobody has written it yet */
function appended(
  { catalog, write, place }: AuditTarget,
  head: AuditHead | undefined,
  change: AuditChange,
  unlogged: number,
): AuditHead {
  const generation = catalog.generation();
  const sequence = (head?.sequence ?? 0) + 1;
  const chain = head?.chain ?? randomUUID();
  const { operation, result = 'done', by = place.by, why, ...rest } = change;
  // In the order of AuditEntry: the text is what is hashed.
  const entry: Omit<AuditEntry, 'previous' | 'hash'> = {
    ...{ version: 1, sequence, time: new Date().toISOString(), generation },
    ...(head === undefined && { chain }),
    ...(unlogged !== 0 && { unlogged }),
    ...{ operation, actor: processActor(), by, why, result },
    ...rest,
  };
  const previous = head === undefined ? NO_HASH : Buffer.from(head.hash, 'hex');
  const text = Buffer.from(JSON.stringify(entry));
  const key = head === undefined ? newChainKey(place.seal) : head.key === undefined ? {} : { key: head.key };
  const hash = chainHash(place.seal, key)(previous, text);
  write.putAuditEntry(sequence, encodeEntry(hash, text));
  const { first = sequence, base = previous.toString('hex'), keep } = head ?? {};
  return {
    ...{ chain, first, sequence, base, hash: hash.toString('hex'), generation },
    ...(keep !== undefined && { keep }),
    ...key,
  };
}

/** Removes the oldest entries that need not be kept. The entry about it seals the place where the chain begins from now on. */
function pruned(target: AuditTarget, head: AuditHead): AuditHead {
  const through = Math.min(head.sequence - keptAtLeast(head), head.first + AUDIT_PRUNE_ENTRIES_MAX - 1);
  try {
    return removeThrough(target, head, through, {});
  } catch (error) {
    // A damaged entry stays, so that `verify` finds it: no reason to refuse the change.
    if ((error as GristmillError).code === 'CHECKSUM_MISMATCH') return head;
    throw error;
  }
}

/**
 * Removes the entries up to this one, and appends the entry that says so.
 * @returns the head, which nobody has written yet
 */
export function removeThrough(
  target: AuditTarget,
  head: AuditHead,
  through: number,
  note: Pick<AuditChange, 'by' | 'why'>,
): AuditHead {
  const { catalog, write } = target;
  const [last] = catalog.auditValues(through, through, 1);
  // Where it is missing, all stays as it is, so that `verify` finds it.
  if (last === undefined) return head;
  const hash = decodeEntry(last.value, through, catalog.file).hash.toString('hex');
  const removed = { from: head.first, through, hash };
  write.deleteAuditEntries(head.first, through);
  return appended(target, { ...head, first: through + 1, base: hash }, { operation: 'prune', ...note, removed }, 0);
}
