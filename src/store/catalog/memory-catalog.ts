// store at rest: [catalog]
//
// The catalog in memory: the same keys and values as LMDB holds, in two sorted maps. A committed state is never changed:
// a transaction works on copies of the maps (sorted-map.ts) and puts them in place when it has ended, so whoever holds
// the state before goes on seeing it.

import { GristmillError } from '../../base/errors.js';
import type { PreparedChanges } from '../commit-types.js';
import type { Catalog, CatalogSlot, CatalogSnapshot, CatalogWrite } from '../types.js';
import { CatalogReader } from './read.js';
import { SortedMap } from './sorted-map.js';
import { newHeader } from './values.js';
import { CatalogWriter } from './write.js';

/** The state after one transaction. */
interface State {
  readonly transaction: number;
  readonly meta: SortedMap;
  readonly pages: SortedMap;
}

/** The parts that all stores in one memory share. */
export class MemoryIndex {
  state: State = { transaction: 0, meta: new SortedMap(), pages: new SortedMap() };
  /** States that snapshots hold. */
  readonly held = new Map<CatalogSnapshot, State>();
  isChanging = false;
}

/** Reads whichever state `state` gives at the time. @param state throws when there is none any more */
class StateReader extends CatalogReader {
  constructor(file: string, state: () => State) {
    const over = (map: 'meta' | 'pages') => ({
      get: (key: Uint8Array) => state()[map].get(key),
      range: (range: Parameters<SortedMap['range']>[0]) => state()[map].range(range),
      keys: (range: Parameters<SortedMap['keys']>[0]) => state()[map].keys(range),
    });
    super(file, over('meta'), over('pages'));
  }

  /** Nothing of it is at rest. */
  async checkState(): Promise<void> {}
}

class MemorySnapshot extends StateReader implements CatalogSnapshot {
  readonly commits = 0;
  readonly reading = 0;
  readonly #index: MemoryIndex;
  readonly #mine: Set<CatalogSnapshot>;

  /** @param mine the open snapshots of one catalog, this one too from now on. */
  constructor(file: string, index: MemoryIndex, state: State, mine: Set<CatalogSnapshot>) {
    super(file, () => {
      this.assertOpen();
      return state;
    });
    this.#index = index;
    this.#mine = mine;
    index.held.set(this, state);
    mine.add(this);
  }

  assertOpen(): void {
    if (!this.#index.held.has(this)) throw closedError(this.file);
  }

  refresh(): void {}

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    const state = this.#index.held.get(this) as State;
    return withFunctions(new MemorySnapshot(this.file, this.#index, state, this.#mine), this);
  }

  release(): void {
    this.#index.held.delete(this);
    this.#mine.delete(this);
  }
}

export class MemoryCatalog extends StateReader implements Catalog {
  readonly #index: MemoryIndex;
  readonly #readOnly: boolean;
  readonly #snapshots = new Set<CatalogSnapshot>();
  /** The changes so far of the running transaction, if there is one. */
  #working: State | undefined;
  #commits = 0;
  #closed = false;

  constructor(file: string, index: MemoryIndex, readOnly: boolean) {
    super(file, () => {
      this.assertOpen();
      return this.#working ?? index.state;
    });
    this.#index = index;
    this.#readOnly = readOnly;
  }

  /** Looking at a state is no more than looking at this number. */
  readonly reading = Number.NaN;

  get commits(): number {
    return this.#commits;
  }

  get bytes(): number {
    const { meta, pages } = this.#index.state;
    return meta.bytes + pages.bytes;
  }

  get mapBytes(): number {
    return this.bytes;
  }

  refresh(): void {
    this.assertOpen();
  }

  lastTransaction(): number {
    this.assertOpen();
    return this.#index.state.transaction;
  }

  oldestRead(): number {
    return Math.min(...this.readers().map(({ transaction }) => transaction));
  }

  readers(): readonly (CatalogSlot & { readonly transaction: number })[] {
    this.assertOpen();
    return Array.from(this.#index.held.values(), ({ transaction }) => ({ pid: process.pid, transaction }));
  }

  snapshot(): CatalogSnapshot {
    this.assertOpen();
    return withFunctions(new MemorySnapshot(this.file, this.#index, this.#index.state, this.#snapshots), this);
  }

  async transaction<T>(change: (write: CatalogWrite) => T): Promise<T> {
    return this.transactionSync(change);
  }

  async commit<T>({ prepare, apply }: PreparedChanges<CatalogWrite, T>): Promise<void> {
    this.transactionSync((write) => {
      const prepared = prepare();
      if (prepared !== undefined) apply(write, prepared);
    });
  }

  transactionSync<T>(change: (write: CatalogWrite) => T): T {
    this.assertOpen();
    if (this.#readOnly) {
      throw new GristmillError('IO_ERROR', `cannot commit to ${this.file}: it was opened read-only`, {
        file: this.file,
      });
    }
    if (this.#index.isChanging) throw new TypeError('a transaction cannot begin within another one');
    this.#index.isChanging = true;
    const { transaction, meta, pages } = this.#index.state;
    const working = { transaction: transaction + 1, meta: new SortedMap(meta), pages: new SortedMap(pages) };
    this.#working = working;
    try {
      const result = change(new CatalogWriter(this.file, working.meta, working.pages));
      this.#index.state = working;
      this.#commits++;
      return result;
    } finally {
      this.#working = undefined;
      this.#index.isChanging = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const snapshot of this.#snapshots) snapshot.release();
  }

  assertOpen(): void {
    if (this.#closed) throw closedError(this.file);
  }

  /** Makes a store of an empty memory. */
  async create(): Promise<void> {
    if (!this.hasHeader) await this.transaction((write) => write.putHeader(newHeader()));
  }
}

function closedError(file: string): GristmillError {
  return new GristmillError('STORE_CLOSED', `the store of ${file} has been closed: open it again`, { file });
}

function withFunctions(snapshot: MemorySnapshot, { functions }: StateReader): MemorySnapshot {
  snapshot.functions = functions;
  return snapshot;
}
