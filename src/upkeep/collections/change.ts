// What drop, rename and clear have in common: their turn among writers, one transaction, and the removal of what it took the
// names away of. Who reads the collection goes on with the state that it has begun to read.

import { failpoint } from '../../base/failpoints.js';
import type { AuditCollection } from '../../store/audit/types.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { type LockRequest, WriterLock } from '../../store/lock/writer-lock.js';
import type { LockRecord } from '../../store/lock-types.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import type { Catalog, CatalogWrite, CollectionManifest } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';

/** Where a collection is changed. */
export interface ChangeTarget {
  readonly catalog: Catalog;
  readonly place: StorePlace;
  /** Cancels as the option `signal` does. */
  readonly closing?: AbortSignal;
}

/** The steps of one change. */
export interface CollectionChange<T> {
  /** Before the transaction, with the lock. */
  prepare?(): Promise<void>;
  /** In the transaction. */
  change(write: CatalogWrite, manifest: CollectionManifest): T;
  /** What the audit log says of the change. */
  logged(changed: T, manifest: CollectionManifest): AuditCollection;
  /** Tokens of imports whose quarantine files go with the collection: whoever sweeps removes them. */
  readonly sweeps?: LockRecord['left'];
  /** After the transaction. What it does not do, because the process dies, is swept. */
  finish?(): void;
}

/**
 * @returns what `change` returned
 * @throws GristmillError COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, and what `change` throws: nothing
 * has changed then. TypeError
 */
export async function changeCollection<T>(
  { catalog, place }: ChangeTarget,
  name: string,
  request: LockRequest & { readonly operation: 'drop' | 'clear' | 'rename' },
  stepsFor: (manifest: CollectionManifest) => CollectionChange<T>,
): Promise<T> {
  catalog.refresh();
  collectionOf(catalog, name);
  const lock = await WriterLock.acquire(catalog, place, { ...request, collection: name });
  try {
    const steps = stepsFor(collectionOf(catalog, name));
    await steps.prepare?.();
    const result = await catalog.transaction((write) => {
      lock.check();
      const before = catalog.generation();
      const manifest = collectionOf(catalog, name);
      const changed = steps.change(write, manifest);
      lock.write(write, { isPublished: true, ...(steps.sweeps && { left: steps.sweeps }) });
      const collections = [steps.logged(changed, manifest)];
      lock.log(write, before, { operation: request.operation, collections });
      failpoint('collection.change');
      return changed;
    });
    failpoint('collection.changed');
    steps.finish?.();
    if (steps.sweeps) await lock.set({ left: undefined });
    await collectGarbage(catalog, place).catch(() => {}); // the next writer removes it
    return result;
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
