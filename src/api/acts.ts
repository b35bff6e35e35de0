// What a collection does to its store: changes of records, which are transactions, and notes about them.

import { encodeStored, type StoredProfile } from '../profile/stored.js';
import type { Catalog, CollectionManifest } from '../store/types.js';
import type { Transactions } from '../update/transact.js';
import type { TransactionCollection } from '../update/transaction-collection.js';
import type { Acting } from './audit.js';

export interface Acts {
  /** Runs changes to one collection as a transaction. */
  readonly change: <T, R>(
    name: string,
    change: (collection: TransactionCollection<T>) => R,
    why?: string,
    schemaVersion?: number,
  ) => Promise<R>;
  /** Notes the profile of a collection for the next time. Undefined where the store is open for reading only. */
  readonly keepProfile: ((manifest: CollectionManifest, profile: StoredProfile) => Promise<void>) | undefined;
}

export function actsOf(run: Transactions['run'], acting: Acting, catalog: Catalog, readOnly: boolean): Acts {
  return {
    change: (name, change, why, schemaVersion) => {
      const options = schemaVersion === undefined ? undefined : { schemaVersion };
      return run((transaction) => change(transaction.collection(name, options)), acting.note(why));
    },
    keepProfile: readOnly ? undefined : (manifest, profile) => keepProfile(catalog, manifest, profile),
  };
}

/** Not if the collection has gone meanwhile, another of its name has come, or its records have another shape. */
function keepProfile(catalog: Catalog, { name, id, shape }: CollectionManifest, profile: StoredProfile): Promise<void> {
  const bytes = encodeStored(profile);
  return catalog.transaction((write) => {
    const now = catalog.collection(name);
    if (now?.id === id && now.shape === shape) write.putProfile(id, bytes);
  });
}
