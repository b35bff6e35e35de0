// key > index page > location > frame cache > frame > record: [which state], and what is in memory before it is asked for
//
// What a store does to be never cold, in one place: the served state (served.ts), the hot set (hot-set.ts), and warming
// (warm-up.ts), all of it in the background of reads and ended by `close`.

import type { Freshness } from '../../options/freshness.js';
import { schemaVersionOf } from '../../options/store.js';
import type { ResolvedStoreOptions } from '../../options/store-types.js';
import type { Lookup } from '../lookup.js';
import { HotSet } from './hot-set.js';
import { Served, type ServingStore } from './served.js';
import type { WarmReport } from './warm.js';
import { type WarmContext, type WarmOptions, warm, warmAtStart } from './warm-up.js';

export class Serving {
  readonly #served: Served;
  /** Absent where none is kept: in memory, or as options say. */
  readonly #hotSet: HotSet | undefined;
  readonly #context: WarmContext;
  /** The warming at start, and the signal that ends it. */
  readonly #starting: Promise<void> | undefined;
  readonly #stop = new AbortController();

  /** @param isOnDisk whether a hot set can be kept beside the store. */
  constructor(store: ServingStore, options: ResolvedStoreOptions, isOnDisk: boolean) {
    const served = new Served(store, options);
    this.#served = served;
    if (options.hotSet && isOnDisk) {
      this.#hotSet = new HotSet(store, store.events, () => served.hotPlaces(), options.readOnly);
    }
    const hotKeys = async () => (await this.#hotSet?.load()) ?? [];
    this.#context = {
      options,
      lookup: (name) => served.lookup(name, undefined, schemaVersionOf(options, name)),
      hotKeys,
    };
    if (this.#hotSet) this.#starting = warmAtStart(this.#context, store.events, this.#stop.signal);
  }

  /** The read path of a collection, of the state that is to be read. See `Served.lookup`. */
  lookup(name: string, freshness?: Freshness, version?: number): Lookup {
    return this.#served.lookup(name, freshness, version);
  }

  /** Something may have been published, or somebody wants to know of what will be. */
  look(): void {
    this.#served.look();
  }

  warm(options: WarmOptions | undefined, closing: AbortSignal): Promise<WarmReport> {
    return warm(this.#context, options, closing);
  }

  /** Ends all of it, and saves the hot set. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#starting, this.#served.close()]);
    await this.#hotSet?.close();
  }
}
