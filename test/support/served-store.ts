// A store whose switches from one generation to the next take as long as the test wants: a fake clock, and a gate in front of
// warming. What is published goes through a catalog of its own, so the store notices it as it would another process's.

import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Store } from '../../src/api/store.js';
import { openStore, type StoreOptions } from '../../src/index.js';
import { ServedState } from '../../src/lookup/warm/served-state.js';
import { Warming } from '../../src/lookup/warm/warm.js';
import type { Catalog } from '../../src/store/types.js';
import { publishRecords, type TestPlace } from './build-store.js';

export const COUNT = 200;
/** How often a store looks for publications. */
export const LOOK_MS = 50;

export interface Row {
  readonly id: number;
  readonly edition: number;
}

export class ServedStore {
  readonly place: TestPlace;
  readonly catalog: Catalog;
  /** Times a served state was let go of. */
  switches = 0;
  readonly #gates: (() => void)[] = [];
  #store: Store | undefined;

  private constructor(place: TestPlace, catalog: Catalog) {
    this.place = place;
    this.catalog = catalog;
    const gates = this.#gates;
    const { run } = Warming.prototype;
    vi.spyOn(Warming.prototype, 'run').mockImplementation(async function (this: Warming, steps) {
      await new Promise<void>((resolve) => gates.push(resolve));
      return run.call(this, steps);
    });
    const { retire } = ServedState.prototype;
    const counted = (): void => void this.switches++;
    vi.spyOn(ServedState.prototype, 'retire').mockImplementation(function (this: ServedState, newer) {
      counted();
      return retire.call(this, newer);
    });
  }

  /** Makes it, with edition 1 of collection `records`. */
  static async make(newPlace: () => TestPlace): Promise<ServedStore> {
    vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    const place = newPlace();
    const served = new ServedStore(place, await place.openCatalog());
    await served.publish(1);
    return served;
  }

  async open(options: StoreOptions): Promise<Store> {
    this.#store = await openStore(this.place.where, { hotSet: false, ...options });
    return this.#store;
  }

  async publish(edition: number, name = 'records'): Promise<void> {
    const records = Array.from({ length: COUNT }, (_, id) => ({ text: JSON.stringify({ id, edition }), key: id }));
    await publishRecords(this.catalog, this.place, records, { name, recordsPerShard: COUNT });
  }

  /** Lets the store notice what was published. */
  look(): void {
    vi.advanceTimersByTime(LOOK_MS);
  }

  /** Lets the switch under way come to its end. */
  async warmUp(): Promise<void> {
    const before = this.switches;
    this.#gates.shift()!();
    await until(() => this.switches > before);
    await turns(3);
  }

  async end(): Promise<void> {
    const closing = this.#store?.close();
    for (const open of this.#gates.splice(0)) open();
    await closing;
    await this.catalog.close();
    this.place.remove();
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
}

export async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await setImmediate();
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
