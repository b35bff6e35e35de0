// key > index page > location > frame cache > frame > record
//
// The lookups over one state of a store: of each collection one for the newest version of its records, and one for each older
// version that somebody reads.

import type { Lookup } from './lookup.js';

export class LookupTable {
  readonly #newest = new Map<string, Lookup>();
  /** By version and name. */
  readonly #older = new Map<string, Lookup>();

  /** @param version in which records are given; undefined: the newest */
  get(name: string, version?: number): Lookup | undefined {
    return version === undefined ? this.#newest.get(name) : this.#older.get(`${version} ${name}`);
  }

  add(lookup: Lookup): void {
    const { name, version } = lookup;
    if (version === undefined) this.#newest.set(name, lookup);
    else this.#older.set(`${version} ${name}`, lookup);
  }

  all(): Lookup[] {
    return [...this.#newest.values(), ...this.#older.values()];
  }

  clear(): void {
    this.#newest.clear();
    this.#older.clear();
  }
}
