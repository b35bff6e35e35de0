// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Shard numbers of an import that does not know how many it needs: the first ones are its own from the beginning, others are
// reserved as it goes on.

import { SEQUENCE_SHARDS } from '../../base/limits.js';
import { reserveShards } from '../../store/publish/publisher.js';
import type { Catalog } from '../../store/types.js';

export class ShardNumbers {
  readonly #catalog: Catalog;
  #next: number;
  #left = SEQUENCE_SHARDS;
  /** Reserved the next time: a transaction each. */
  #more = SEQUENCE_SHARDS;

  /** @param first of SEQUENCE_SHARDS numbers that are reserved */
  constructor(catalog: Catalog, first: number) {
    this.#catalog = catalog;
    this.#next = first;
  }

  async next(): Promise<number> {
    if (this.#left === 0) {
      this.#more *= 2;
      this.#next = await reserveShards(this.#catalog, this.#more);
      this.#left = this.#more;
    }
    this.#left--;
    return this.#next++;
  }
}
