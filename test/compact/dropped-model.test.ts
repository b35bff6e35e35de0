// Goal: whatever is changed between compactions that drop shards, a collection holds what it must, in whatever way it is read;
// so does a snapshot taken before; and a collection whose keys are ordinals keeps all its shards.
// Method: random sequences of puts, deletes, imports and compactions, on disk and in memory, with a Map beside them.

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Memory, memory, openStore, type Store } from '../../dist/src/index.js';
import { expectHolds, KEYS, NAMES, type Name, nameOf, TAGS } from '../support/dropped-shards.js';
import { runs } from '../support/effort.js';
import { fileWith, makeDirectory } from '../support/import-files.js';

/** Texts by key, in the order in which they came; `rows` has ordinals as keys. */
type Model = Record<Name, Map<number, string>>;

interface Draft {
  readonly key: number;
  readonly tag: number;
}
type Step =
  | { readonly what: 'put' | 'import'; readonly on: Name; readonly drafts: readonly Draft[] }
  | { readonly what: 'delete'; readonly on: Name; readonly keys: readonly number[] }
  | { readonly what: 'compact'; readonly minDeadShare: number }
  | { readonly what: 'snapshot' | 'release' };

const anyKey = fc.nat(KEYS - 1);
const anyName = fc.constantFrom(...NAMES);
const anyDrafts = fc.uniqueArray(fc.record({ key: anyKey, tag: fc.nat(TAGS - 1) }), {
  ...{ minLength: 1, maxLength: KEYS },
  selector: ({ key }) => key,
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constantFrom('put' as const, 'import' as const), on: anyName, drafts: anyDrafts }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('delete' as const), on: anyName, keys: fc.uniqueArray(anyKey) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('compact' as const), minDeadShare: fc.constantFrom(0, 0.25, 0.9) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('snapshot' as const, 'release' as const) }) },
);

const COMPACT = { what: 'compact', minDeadShare: 0 } as const;
const PUT = { what: 'put', on: 'plain', drafts: [{ key: 0, tag: 0 }] } as const;
/** So that each sequence has something to drop. */
const FIRST = [PUT, COMPACT, PUT] as const;

class Run {
  #model: Model = { plain: new Map(), tagged: new Map(), named: new Map(), rows: new Map() };
  #snapshots: { readonly read: ReturnType<Store['snapshot']>; readonly model: Model }[] = [];
  #edition = 0;
  /** Rows that there have been. */
  #rows = 0;
  dropped = 0;

  private constructor(
    readonly store: Store,
    /** Sees each state late, as another process does. */
    readonly reader: Store,
    readonly sources: string,
  ) {}

  static async begin(where: string | Memory, sources: string): Promise<Run> {
    const store = await openStore(where, { hotSet: false });
    await store.transaction((tx) => {
      tx.createCollection('plain', { key: 'id' });
      tx.createCollection('tagged', { key: 'id', indexes: ['tag'] });
      tx.createCollection('rows', { indexes: ['tag'] });
    });
    const run = new Run(store, await openStore(where, { hotSet: false, readOnly: true }), sources);
    await run.step({ what: 'import', on: 'named', drafts: [{ key: 0, tag: 0 }] });
    return run;
  }

  async step(step: Step): Promise<void> {
    const { store } = this;
    if (step.what === 'put' || step.what === 'import') {
      const texts = step.drafts.map((draft) => this.#note(step.on, draft));
      if (step.what === 'import') await this.#import(step.on, step.drafts, texts);
      else {
        await store.transaction((tx) => {
          step.drafts.forEach(({ key }, i) => {
            tx.collection(step.on).putText(texts[i]!, ...(step.on === 'named' ? [nameOf(key)] : []));
          });
        });
      }
    } else if (step.what === 'delete') {
      await store.transaction((tx) => {
        for (const key of step.keys) {
          tx.collection(step.on).delete(step.on === 'named' ? nameOf(key) : key);
          this.#model[step.on].delete(key);
        }
      });
    } else if (step.what === 'compact') await this.#compact(step.minDeadShare);
    else if (step.what === 'snapshot') {
      const model = Object.fromEntries(NAMES.map((name) => [name, new Map(this.#model[name])])) as Model;
      this.#snapshots.push({ read: store.snapshot(), model });
    } else this.#release();
  }

  async check(): Promise<void> {
    for (const name of NAMES) {
      await expectHolds(this.store.collection(name), name, this.#model[name]);
      for (const { read, model } of this.#snapshots) await expectHolds(read.collection(name), name, model[name]);
      // A snapshot of it is of now, whatever it has in memory of before.
      const now = this.reader.snapshot();
      await expectHolds(now.collection(name), name, this.#model[name]);
      now.release();
    }
    expect(this.store.collection('rows').stat().records).toBe(this.#model.rows.size);
  }

  async close(): Promise<void> {
    this.#release();
    await this.reader.close();
    await this.store.close();
  }

  #release(): void {
    for (const { read } of this.#snapshots.splice(0)) read.release();
  }

  /** A new text, which takes its place in the model. */
  #note(on: Name, { key, tag }: Draft): string {
    const edition = ++this.#edition;
    const text = JSON.stringify({ id: key, tag, edition });
    const records = this.#model[on];
    const place = on === 'rows' ? this.#rows++ : key;
    records.delete(place);
    records.set(place, text);
    return text;
  }

  async #import(on: Name, drafts: readonly Draft[], texts: readonly string[]): Promise<void> {
    const members = texts.map((text, i) => `${JSON.stringify(nameOf(drafts[i]!.key))}:${text}`);
    const source = fileWith(on === 'named' ? `{${members.join()}}` : texts.join('\n'), 'source.json', this.sources);
    await this.store.import(source, {
      ...{ collection: on, mode: 'upsert', workers: 1, layout: on === 'named' ? 'object' : 'ndjson' },
      ...((on === 'plain' || on === 'tagged') && { key: 'id' }),
      ...((on === 'tagged' || on === 'rows') && { indexes: ['tag'] }),
    });
  }

  async #compact(minDeadShare: number): Promise<void> {
    const { store } = this;
    const shardsOfRows = () => store.collection('rows').stat().shards;
    const before = shardsOfRows();
    const report = await store.compact({ minDeadShare });
    this.dropped += report.dropped;
    expect(shardsOfRows()).toBe(before);
    const { faults, leftovers } = await store.verify({ workers: 1 });
    expect({ faults, leftovers }).toEqual({ faults: [], leftovers: { trees: [], files: [], temporary: [] } });
    // Without secondary indexes no dead shard has to wait.
    const { records, shards } = store.collection('plain').stat();
    expect(shards).toBeLessThanOrEqual(records);
    expect(await store.compact({ collection: 'plain', minDeadShare })).toMatchObject({ dropped: 0, sealed: 0 });
  }
}

test.each([
  ['on disk', 2],
  ['in memory', 8],
])(
  'whatever is changed between compactions, a store %s holds what a Map does',
  { timeout: 240_000 },
  async (kind, numRuns) => {
    let dropped = 0;
    const steps = fc.array(anyStep, { minLength: 4, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const { path, remove } = makeDirectory();
        const run = await Run.begin(kind === 'on disk' ? join(path, 'store') : memory(), path);
        try {
          for (const step of [...FIRST, ...some, COMPACT]) {
            await run.step(step);
            await run.check();
          }
          dropped += run.dropped;
        } finally {
          await run.close();
          remove();
        }
      }),
      { numRuns: runs(numRuns), interruptAfterTimeLimit: 200_000 },
    );
    expect(dropped).toBeGreaterThanOrEqual(runs(numRuns));
  },
);
