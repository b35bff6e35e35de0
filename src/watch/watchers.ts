// The watchers of a store: one for each collection, ended with the store. What watching takes is loaded with the first.

import type { StoreEmitter } from '../events.js';
import type { ImportTarget } from '../import/import.js';
import type { WatchOptions } from './watch-options.js';
import type { Watcher } from './watcher.js';

export class Watchers {
  readonly #tell: StoreEmitter['tell'];
  readonly #byCollection = new Map<string, Promise<Watcher>>();

  constructor(events: StoreEmitter) {
    this.#tell = events.tell.bind(events);
  }

  /** See `Store.watch`. The signal of the options closes the watcher. */
  async start(target: ImportTarget, sources: readonly string[], options: WatchOptions): Promise<Watcher> {
    const { collection = 'records' } = options;
    if (this.#byCollection.has(collection)) throw new TypeError(`the collection ${collection} is watched already`);
    const starting = this.#start(target, sources, options, () => this.#byCollection.delete(collection));
    this.#byCollection.set(collection, starting);
    return starting;
  }

  async #start(
    target: ImportTarget,
    sources: readonly string[],
    options: WatchOptions,
    ended: () => void,
  ): Promise<Watcher> {
    try {
      const [{ Watcher }, { syncSources }] = await Promise.all([import('./watcher.js'), import('../sources/sync.js')]);
      const sync = syncSources.bind(undefined, target);
      return await Watcher.start({ directory: target.directory, sync, tell: this.#tell, ended }, sources, options);
    } catch (error) {
      ended();
      throw error;
    }
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    for (const starting of this.#byCollection.values()) await (await starting.catch(() => undefined))?.close();
  }
}
