// What an open store is made of. Users hold the store (store.ts), which has the parts where nobody else reaches them.

import { StoreEmitter } from '../base/events.js';
import type { EffectiveOptions } from '../config/effective.js';
import { Caches } from '../lookup/cache/caches.js';
import { Serving } from '../lookup/warm/serving.js';
import { schemaVersionOf } from '../options/store.js';
import type { ResolvedStoreOptions } from '../options/store-types.js';
import type { StorePlace } from '../store/files/blobs.js';
import { MemoryPlace } from '../store/lock/memory-place.js';
import type { Catalog } from '../store/types.js';
import type { TransactionNote } from '../update/audit/group-log.js';
import { Transactions } from '../update/transact.js';
import type { Transaction } from '../update/transaction.js';
import { type Acts, actsOf } from './acts.js';
import { Acting } from './audit.js';
import type { ImportDefaults } from './importing.js';
import { Metering } from './metering.js';
import { Lookups } from './reads/lookups.js';
import { Watchers } from './watchers.js';
import { Access } from './work/access.js';

export interface StoreParts {
  readonly place: StorePlace;
  readonly options: ResolvedStoreOptions;
  readonly imports: ImportDefaults;
  readonly catalog: Catalog;
  readonly acting: Acting;
  readonly events: StoreEmitter;
  readonly caches: Caches;
  readonly lookups: Lookups;
  readonly serving: Serving;
  readonly access: Access;
  readonly metering: Metering;
  readonly watchers: Watchers;
  readonly transactions: Transactions;
  /** Runs a transaction, if the store may be changed. */
  readonly transact: <R>(change: (transaction: Transaction) => R, note: TransactionNote) => Promise<R>;
  readonly acts: Acts;
}

export function partsOf(place: StorePlace, { options, imports }: EffectiveOptions, catalog: Catalog): StoreParts {
  const acting = new Acting(place, options.audit);
  const events = new StoreEmitter();
  const caches = new Caches(place, options, events);
  const metering = new Metering(events, catalog, caches);
  const watchers = new Watchers(events, metering.imports);
  const lookups = new Lookups({ ...place, catalog, caches }, (name) => schemaVersionOf(options, name));
  const { of: lookup, versionOf, live } = lookups;
  const store = { ...place, catalog, caches, events, lookup, live };
  const serving = new Serving(store, options, !(place instanceof MemoryPlace));
  const look = (): void => serving.look();
  const { directory } = place;
  const access = new Access({ directory, readOnly: options.readOnly, catalog, caches, worked: look });
  const transactions = new Transactions({
    ...{ catalog, place, lookup, versionOf, committed: look, closing: access.closing },
    admitted: (read) => caches.admitted(read),
    logsRecords: options.audit.records,
  });
  const transact: StoreParts['transact'] = async (change, note) => {
    access.assertWritable();
    return transactions.run(change, note);
  };
  const acts = actsOf(transact, acting, catalog, options.readOnly);
  return {
    imports: { below: imports, versionOf },
    ...{ place, options, catalog, acting, events, caches, lookups, serving, access, metering, watchers },
    ...{ transactions, transact, acts },
  };
}
