// key > index page > location > frame cache > frame > record, in the state that is served
//
// Which state a read sees (option `freshness`). `immediate` reads follow the newest publication by themselves (lookup.ts).
// For all others there is a *served state* (served-state.ts): when a newer publication is noticed, in this process or
// another, the hot set is looked up in it and its frames are loaded in the background, while reads go on in the old one;
// then one assignment switches all collections at once, and the old state is let go of, whether or not anybody reads.

import { GristmillError } from '../../base/errors.js';
import type { StoreEmitter } from '../../base/events.js';
import { ioError } from '../../base/system-errors.js';
import { checkFreshness, type Freshness } from '../../options/freshness.js';
import type { ResolvedStoreOptions } from '../../options/store-types.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import type { Catalog, CatalogRead } from '../../store/types.js';
import type { LookupStore } from '../current.js';
import type { Lookup } from '../lookup.js';
import type { LookupTable } from '../lookup-table.js';
import { type HotPlacesOf, hotKeysOf } from './hot-set.js';
import { ServedState } from './served-state.js';
import { hintSteps, Warming } from './warm.js';

/** Milliseconds after which a publication of another process is noticed. */
const NOTICE_MILLISECONDS = 50;
/** Milliseconds after which an unread state is released, in a store whose reads are `immediate` by default. */
const IDLE_MILLISECONDS = 10_000;
/** While transactions publish nothing, the state is taken again after this time, so that LMDB can reuse the freed pages. */
const RENEW_MILLISECONDS = 1000;
/** Files that only the old state needed are removed this long after a switch. By then the publisher has removed the others. */
const TIDY_MILLISECONDS = 1000;

/** The parts of a store that the served state needs. */
export interface ServingStore extends LookupStore {
  readonly catalog: Catalog;
  readonly events: StoreEmitter;
  /** The lookups over the newest state; made when they are first asked for. */
  readonly live: Pick<LookupTable, 'get' | 'all'>;
  /** @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH */
  lookup(name: string, version?: number): Lookup;
}

type ServingOptions = Pick<ResolvedStoreOptions, 'freshness' | 'warmBytes' | 'warmMs'>;

export class Served {
  readonly #store: ServingStore;
  readonly #options: ServingOptions;
  readonly #stop = new AbortController();
  #state: ServedState | undefined;
  #switching: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tidying: NodeJS.Timeout | undefined;
  #collecting: Promise<void> | undefined;
  /** The store's newest publication, as far as it has been noticed, and the last time when it was the served one. */
  #newest = 0;
  #currentAt = 0;
  /** The newest publication that reads which allow for an old state were given in place of one that was too old. */
  #shown = 0;
  /** Whether the state was read since the last look, and the last look before which it was. */
  #isRead = false;
  #readAt = 0;
  /** Whether looking has failed the last time. */
  #isFailing = false;
  /** The generations of collections that listeners know of, since there are any. */
  #told: Map<string, number> | undefined;

  constructor(store: ServingStore, options: ServingOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * The read path of a collection.
   * @param version in which records are given; undefined: the newest
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH, STORE_CLOSED, IO_ERROR; TypeError for an invalid freshness
   */
  lookup(name: string, given?: Freshness, version?: number): Lookup {
    if (given !== undefined) checkFreshness(given, 'freshness');
    const freshness = given ?? this.#options.freshness;
    if (freshness === 'immediate') return this.#store.lookup(name, version);
    // Once nobody looks for newer publications any more, no state can be said to be the newest.
    this.#store.caches.assertOpen();
    const state = this.#state ?? this.#begin();
    this.#isRead = true;
    const isFresh = state !== undefined && (freshness === 'warm' || this.#isWithin(state, freshness.maxStaleMs));
    // Not `state`: looking may have taken it anew. Of a collection that came later there is no old state to serve.
    const served = isFresh ? this.#state?.lookup(name, version) : undefined;
    if (served !== undefined) return served;
    const live = this.#store.lookup(name, version);
    live.newest();
    this.#shown = this.#store.catalog.generation();
    return live;
  }

  /** Looks whether there is a newer publication, if anybody wants to know: now and then, and after each commit of this process. */
  look(): void {
    try {
      this.#look();
      this.#isFailing = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Reports the error once, until a look succeeds again. Looking continues, otherwise an old state would be served for ever. */
  #failed(error: unknown): void {
    if (!this.#isFailing) this.#warn(error);
    this.#isFailing = true;
  }

  #look(): void {
    const { catalog, events } = this.#store;
    const isListenedTo = events.listenerCount('generation') > 0;
    if (!isListenedTo) this.#told = undefined;
    if (this.#stop.signal.aborted || (this.#state === undefined && !isListenedTo)) {
      this.#stopLooking();
      return;
    }
    this.#timer ??= setInterval(() => this.look(), NOTICE_MILLISECONDS).unref();
    catalog.refresh();
    const generation = catalog.generation();
    const isImmediate = this.#options.freshness === 'immediate' || this.#state === undefined;
    if (isListenedTo) this.#told ??= generationsOf(isImmediate ? catalog : this.#state!.catalog);
    if (generation !== this.#newest && isImmediate) this.#tell(catalog);
    this.#newest = generation;
    if (this.#state !== undefined) this.#follow(this.#state, generation);
  }

  /** Decides what happens to the served state. @param newest the newest publication of the store */
  #follow(state: ServedState, newest: number): void {
    const now = performance.now();
    if (state.generation === newest) this.#currentAt = now;
    if (this.#isRead) this.#readAt = now;
    this.#isRead = false;
    if (this.#switching !== undefined) return;
    if (this.#options.freshness === 'immediate' && now - this.#readAt > IDLE_MILLISECONDS) {
      this.#replace(state, undefined);
    } else if (state.generation !== newest) {
      this.#switching = this.#switch(state)
        .catch((error) => this.#warn(error))
        .finally(() => {
          this.#switching = undefined;
          this.look();
        });
    } else if (
      now - state.takenAt > RENEW_MILLISECONDS &&
      this.#store.catalog.lastTransaction() !== state.transaction
    ) {
      this.#replace(state, this.#take());
    }
  }

  /** The hot places of all lookups there are. */
  hotPlaces(): HotPlacesOf {
    const lookups = [...this.#store.live.all(), ...(this.#state?.lookups() ?? [])];
    // Lookups of one generation may share theirs.
    const shared = new Map(lookups.map(({ name, hotPlaces }) => [hotPlaces, name]));
    return Array.from(shared, ([places, name]) => [name, places]);
  }

  /** Ends it; the catalog releases the state when it is closed. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#stopLooking();
    clearTimeout(this.#tidying);
    await this.#switching;
    await this.#collecting;
  }

  /** Undefined where none can be taken: reads can do without. */
  #begin(): ServedState | undefined {
    try {
      const state = this.#take();
      this.#state = state;
      this.#newest = state.generation;
      this.#currentAt = state.takenAt;
      this.#readAt = state.takenAt;
      this.#look();
    } catch (error) {
      this.#failed(error);
    }
    return this.#state;
  }

  /** The newest state. */
  #take(): ServedState {
    return new ServedState(this.#store, this.#state, (name, version) => this.#store.live.get(name, version));
  }

  /**
   * Whether a state was the newest one so many milliseconds ago, and no read has been given a newer one: none may see a
   * change and then, in a state that was taken before it, not see it.
   */
  #isWithin(state: ServedState, maxStaleMs: number): boolean {
    if (state.generation < this.#shown) return false;
    if (performance.now() - this.#currentAt <= maxStaleMs) return true;
    // Unless it is known to be old: perhaps it was just not looked for so long.
    if (state.generation === this.#newest) this.#look();
    return state.generation === this.#newest;
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Warms the newest state and serves it, also if warming fails. */
  async #switch(state: ServedState): Promise<void> {
    const began = performance.now();
    const warmed = new Map<string, number>();
    let next: ServedState;
    try {
      next = this.#take();
    } catch (error) {
      this.#warn(error);
      this.#replace(state, undefined);
      return;
    }
    try {
      await this.#warm(state, next, warmed);
    } catch (error) {
      this.#warn(error);
    }
    if (this.#stop.signal.aborted) return;
    this.#replace(state, next);
    if (this.#options.freshness !== 'immediate') this.#tell(next.catalog, began, warmed);
  }

  /** The switch; without a next state reads go to the newest one, until one asks for a served one again. */
  #replace(state: ServedState, next: ServedState | undefined): void {
    this.#state = next;
    if (next !== undefined) this.#currentAt = next.takenAt;
    state.retire(next);
    // A process that has committed nothing does not begin to: should a commit fail, it could read no more.
    if (this.#store.catalog.commits > 0) this.#tidying ??= setTimeout(() => this.#tidy(), TIDY_MILLISECONDS).unref();
  }

  /** Removes the files that could not be removed while the old state needed them. */
  #tidy(): void {
    this.#tidying = undefined;
    const { catalog } = this.#store;
    this.#collecting = collectGarbage(catalog, this.#store).then(
      () => {},
      (error) => this.#warn(error),
    );
  }

  /** Loads the hot set of the collections that have changed. @param warmed counts its keys, by collection */
  async #warm(state: ServedState, next: ServedState, warmed: Map<string, number>): Promise<void> {
    const { warmBytes, warmMs, freshness } = this.#options;
    const deadline = typeof freshness === 'object' ? this.#currentAt + freshness.maxStaleMs : Number.POSITIVE_INFINITY;
    const milliseconds = Math.min(warmMs, deadline - performance.now());
    const warming = new Warming({ bytes: warmBytes, milliseconds, signal: this.#stop.signal });
    const changed = this.hotPlaces().filter(([name]) => {
      const lookup = next.lookup(name);
      return lookup !== undefined && lookup.hotPlaces !== state.opened(name)?.hotPlaces;
    });
    await warming.run(hintSteps(hotKeysOf(changed), (name) => next.lookup(name), warmed));
    if (warming.error !== undefined) throw warming.error;
  }

  /** Tells of the collections that are newer in a catalog than listeners know. */
  #tell(catalog: CatalogRead, began = performance.now(), warmed: ReadonlyMap<string, number> = new Map()): void {
    if (this.#told === undefined) return;
    const milliseconds = performance.now() - began;
    for (const [collection, generation] of generationsOf(catalog)) {
      if (this.#told.get(collection) === generation) continue;
      this.#told.set(collection, generation);
      const event = { collection, generation, warmed: warmed.get(collection) ?? 0, milliseconds };
      this.#store.events.tell('generation', event);
    }
  }

  #warn(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const known = error instanceof GristmillError ? error : ioError(error, 'serve', this.#store.directory);
    this.#store.events.tell('warning', { about: 'generation', error: known });
  }
}

function generationsOf(catalog: CatalogRead): Map<string, number> {
  return new Map(catalog.collections().map(({ name, generation }) => [name, generation]));
}
