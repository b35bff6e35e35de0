// The read paths of an open store: one for each collection that was asked for, shared by all who read or change it.

import type { LookupStore } from '../../lookup/current.js';
import { Lookup } from '../../lookup/lookup.js';

export class Lookups {
  readonly live = new Map<string, Lookup>();
  readonly #store: LookupStore;

  constructor(store: LookupStore) {
    this.#store = store;
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND, STORE_CLOSED; TypeError for an invalid name */
  of(name: string): Lookup {
    let lookup = this.live.get(name);
    if (lookup === undefined) {
      lookup = new Lookup(this.#store, name);
      this.live.set(name, lookup);
    }
    return lookup;
  }
}
