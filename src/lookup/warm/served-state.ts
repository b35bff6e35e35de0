// key > index page > location > frame cache > frame > record, in the state that is served
//
// One committed state of all collections, and the lookups over it. What is read of it stays as it is, so reads of several
// collections fit together; the next state takes its place as a whole (served.ts). While it is held no shard file that it
// names is removed, in any process.

import { GristmillError } from '../../base/errors.js';
import type { Catalog, CatalogRead } from '../../store/types.js';
import type { LookupStore } from '../current.js';
import { Lookup } from '../lookup.js';
import { LookupTable } from '../lookup-table.js';

export class ServedState {
  readonly catalog: CatalogRead;
  /** The store's newest publication in it. */
  readonly generation: number;
  /** The last transaction in it, or one before. */
  readonly transaction: number;
  /** When it was taken, by `performance.now`: it was the newest one then. */
  readonly takenAt = performance.now();
  readonly #open: (name: string, version: number | undefined, similar?: Lookup) => Lookup | undefined;
  readonly #lookups = new LookupTable();
  readonly #release: () => void;

  /**
   * Takes the newest state, and opens the lookups that another state has.
   * @param before the state served so far. @param live a lookup over the newest state, if there is one. The index pages that
   * these have in memory are used, if they have not changed.
   * @throws GristmillError IO_ERROR, STORE_CLOSED, CHECKSUM_MISMATCH
   */
  constructor(
    { directory, blobs, seal, catalog, caches }: LookupStore & { readonly catalog: Catalog },
    before: ServedState | undefined,
    live: (name: string, version: number | undefined) => Lookup | undefined,
  ) {
    this.transaction = catalog.lastTransaction();
    const snapshot = catalog.snapshot();
    this.catalog = snapshot;
    this.#release = () => snapshot.release();
    const store = { directory, blobs, seal, catalog: snapshot, caches };
    this.#open = (name, version, similar = live(name, version)) => {
      if (snapshot.collection(name) === undefined) return undefined;
      const lookup = new Lookup(store, name, similar, version);
      this.#lookups.add(lookup);
      return lookup;
    };
    try {
      this.generation = snapshot.generation();
      for (const lookup of before?.lookups() ?? []) this.#openAgain(lookup);
    } catch (error) {
      snapshot.release();
      throw error;
    }
  }

  /** A version that the collection does not have any more is not opened: who reads it learns that from the newest state. */
  #openAgain(lookup: Lookup): void {
    try {
      this.#open(lookup.name, lookup.version, lookup);
    } catch (error) {
      if (!(error instanceof GristmillError) || error.code !== 'VERSION_MISMATCH') throw error;
    }
  }

  /**
   * The read path of a collection in this state; undefined where it is not in it. Nothing is kept of names that are none: they
   * may come from anywhere.
   * @throws GristmillError VERSION_MISMATCH
   */
  lookup(name: string, version?: number): Lookup | undefined {
    return this.#lookups.get(name, version) ?? this.#open(name, version);
  }

  /** The same, if it was asked for before. */
  opened(name: string, version?: number): Lookup | undefined {
    return this.#lookups.get(name, version);
  }

  /** The lookups there are. */
  lookups(): Lookup[] {
    return this.#lookups.all();
  }

  /** Releases the state: reads see `newer` from now on. Running reads continue. */
  retire(newer?: ServedState): void {
    for (const lookup of this.lookups()) {
      const next = newer?.opened(lookup.name, lookup.version);
      if (next !== undefined) lookup.supersede(next);
    }
    this.#release();
  }
}
