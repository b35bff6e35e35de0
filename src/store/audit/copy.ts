// store at rest: [audit]
//
// The log of a store whose index is made again: it goes on if its chain is sound. Otherwise a new chain begins, and its first
// entry says why.

import { isOfTheMoment } from '../../base/system-errors.js';
import type { StorePlace } from '../files/blobs.js';
import type { Catalog, CatalogRead } from '../types.js';
import { appendEntry } from './append.js';
import type { AuditChange } from './types.js';
import { verifyAudit } from './verify.js';

/** Entries copied in one transaction. */
const BATCH = 256;

interface Copying {
  /** The old index; undefined where it cannot be read. */
  readonly old: CatalogRead | undefined;
  /** The new one. */
  readonly catalog: Catalog;
  readonly place: Pick<StorePlace, 'seal'>;
  readonly pause: () => Promise<void>;
}

/**
 * Copies the log, and appends an entry about the repair.
 * @returns why the log begins again; undefined where it was copied, or there was none
 */
export async function continueLog(
  { old, catalog, place, pause }: Copying,
  change: Omit<AuditChange, 'operation' | 'result'>,
): Promise<string | undefined> {
  const lost = await faultOf({ old, place, pause });
  const head = lost === undefined ? old?.auditHead() : undefined;
  if (old !== undefined && head !== undefined) {
    for (let from = head.first; from <= head.sequence; await pause()) {
      const values = old.auditValues(from, head.sequence, BATCH);
      await catalog.transaction((write) => {
        for (const { sequence, value } of values) write.putAuditValue(sequence, value);
      });
      from = values.at(-1)!.sequence + 1;
    }
  }
  await catalog.transaction((write) => {
    const header = catalog.header();
    // Never before the log: an index made of the shards counts its publications from 1.
    const generation = Math.max(header.generation, (head?.generation ?? 0) + 1);
    write.putHeader({ ...header, generation });
    if (head) write.putAuditHead(head);
    const before = Math.max(head?.generation ?? 0, old === undefined || lost !== undefined ? 0 : generation - 1);
    const result = lost === undefined ? 'done' : `the log begins again: ${lost}`;
    appendEntry({ catalog, write, place }, before, { ...change, operation: 'repair', result });
  });
  return lost;
}

async function faultOf({ old, place, pause }: Omit<Copying, 'catalog'>): Promise<string | undefined> {
  if (old === undefined) return 'the index that had it cannot be read';
  try {
    const { fault } = await verifyAudit({ read: old, place, pause });
    return fault && `entry ${fault.sequence}: ${fault.message}`;
  } catch (error) {
    if (isOfTheMoment(error)) throw error;
    return (error as Error).message;
  }
}
