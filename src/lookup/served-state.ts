// key > index page > location > frame cache > frame > record, in the state that is served
//
// One committed state of all collections, and the lookups over it. What is read of it stays as it is, so reads of several
// collections fit together; the next state takes its place as a whole (served.ts). While it is held no shard file that it
// names is removed, in any process.

import type { StorePlace } from '../store/blobs.js';
import type { Catalog, CatalogRead } from '../store/types.js';
import type { Caches } from './caches.js';
import { Lookup } from './lookup.js';

export class ServedState {
  readonly catalog: CatalogRead;
  /** The store's newest publication in it. */
  readonly generation: number;
  /** The last transaction in it, or one before. */
  readonly transaction: number;
  /** When it was taken, by `performance.now`: it was the newest one then. */
  readonly takenAt = performance.now();
  /** Whether anybody has read it. */
  isRead = false;
  readonly #open: (name: string) => Lookup | undefined;
  readonly #lookups = new Map<string, Lookup | undefined>();
  readonly #release: () => void;

  /**
   * Takes the newest state.
   * @param similar a lookup over another state, whose index pages in memory are used as far as they have stayed the same.
   * @throws GristmillError IO_ERROR, STORE_CLOSED
   */
  constructor(
    { directory, blobs }: StorePlace,
    catalog: Catalog,
    caches: Caches,
    similar: (name: string) => Lookup | undefined,
  ) {
    this.transaction = catalog.lastTransaction();
    const snapshot = catalog.snapshot();
    this.catalog = snapshot;
    this.#release = () => snapshot.release();
    this.generation = snapshot.generation();
    const store = { directory, blobs, catalog: snapshot, caches };
    this.#open = (name) => {
      return snapshot.collection(name) === undefined ? undefined : new Lookup(store, name, similar(name));
    };
  }

  /** The read path of a collection in this state; undefined where it is not in it. */
  lookup(name: string): Lookup | undefined {
    let lookup = this.#lookups.get(name);
    if (lookup === undefined && !this.#lookups.has(name)) {
      lookup = this.#open(name);
      this.#lookups.set(name, lookup);
    }
    return lookup;
  }

  /** The same, if somebody has asked for it before. */
  opened(name: string): Lookup | undefined {
    return this.#lookups.get(name);
  }

  /** The lookups there are. */
  lookups(): Lookup[] {
    return [...this.#lookups.values()].filter((lookup) => lookup !== undefined);
  }

  /** Lets go of it: `newer` is read from now on. Reads under way go on. */
  retire(newer?: ServedState): void {
    for (const lookup of this.lookups()) {
      const next = newer?.lookup(lookup.name);
      if (next !== undefined) lookup.supersede(next);
    }
    // The newer one has what it can use of them, and may live long.
    this.#lookups.clear();
    this.#release();
  }
}
