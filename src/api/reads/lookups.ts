// The read paths of an open store: one for each collection and version that was asked for, shared by all who read or change it.

import type { LookupStore } from '../../lookup/current.js';
import { Lookup } from '../../lookup/lookup.js';
import { LookupTable } from '../../lookup/lookup-table.js';

export class Lookups {
  readonly live = new LookupTable();
  /** The version in which records of a collection are read and written, if no option says it. Undefined: the newest. */
  readonly versionOf: (name: string) => number | undefined;
  readonly #store: LookupStore;

  constructor(store: LookupStore, versionOf: (name: string) => number | undefined) {
    this.#store = store;
    this.versionOf = versionOf;
  }

  /**
   * @param version in which records are given; undefined: the newest
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH, STORE_CLOSED; TypeError for an invalid name
   */
  readonly of = (name: string, version?: number): Lookup => {
    let lookup = this.live.get(name, version);
    if (lookup === undefined) {
      lookup = new Lookup(this.#store, name, undefined, version);
      this.live.add(lookup);
    }
    return lookup;
  };
}
