// Goal: an index whose changes are beside its pages is the same index, in whichever direction and between whichever bounds it
// is read, and when they are merged into its pages, alone or together with what an import adds. A recent entry that is
// damaged, or lies under another key, is found. Pages that are in memory from one transaction to the next are those of the tree.
// Method: random changes to a tree, some of them undone, and a sorted list beside it; real catalogs, in memory, and on disk
// for the damage.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeKey } from '../../src/keys/encode.js';
import { FencedPages } from '../../src/lookup/index/fenced-pages.js';
import { slicesOf } from '../../src/lookup/index/range.js';
import { MemoryCatalog, MemoryIndex } from '../../src/store/catalog/memory-catalog.js';
import { decodeRecent, encodeRecent } from '../../src/store/catalog/recent.js';
import type { Change } from '../../src/store/pages/change.js';
import { Fences } from '../../src/store/pages/fences.js';
import { KnownPages } from '../../src/store/pages/known-pages.js';
import { applyChanges, mergeInPlace, TreeRewrite } from '../../src/store/pages/merge.js';
import { compareEntries } from '../../src/store/pages/merge-page.js';
import { type OrderedPages, StoredPages } from '../../src/store/pages/ordered-pages.js';
import { entriesOf, entryAt } from '../../src/store/pages/read.js';
import { walkPages } from '../../src/store/pages/walk.js';
import { changeIndex, type IndexTarget } from '../../src/store/publish/change-index.js';
import { violationOf } from '../../src/store/publish/unique.js';
import type { Entry, IndexManifest } from '../../src/store/types.js';
import { runs } from '../support/effort.js';

const TREE = 7;
const EMPTY: IndexManifest = { path: 'id', tree: TREE, entries: 0, pages: 0 };
/** Long keys fill pages soon. */
const keyOf = (key: number): Uint8Array => encodeKey(`${'k'.repeat(60)}${String(key).padStart(5, '0')}`);
const textOf = ({ key, shard, ordinal }: Entry): string => `${Buffer.from(key).toString('latin1')} ${shard} ${ordinal}`;

async function emptyCatalog(): Promise<MemoryCatalog> {
  const catalog = new MemoryCatalog('memory', new MemoryIndex(), false);
  await catalog.create();
  return catalog;
}

/** Numbers of keys that are put or removed together. */
interface Step {
  readonly keys: readonly number[];
  readonly isRemoval: boolean;
  readonly recentMax: number;
  /** Keys that a transaction puts before, in two changes, and that is undone. */
  readonly undone: readonly number[];
  /** Whether another process makes it, which has pages of its own in memory. */
  readonly isElsewhere: boolean;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  keys: fc.oneof(
    fc.uniqueArray(fc.nat(600), { maxLength: 40 }),
    fc.tuple(fc.nat(600), fc.nat(400)).map(([from, count]) => Array.from({ length: count }, (_, i) => from + i)),
  ),
  isRemoval: fc.boolean(),
  recentMax: fc.constantFrom(0, 50, 1000, 1000, 1000),
  undone: fc.uniqueArray(fc.nat(600), { maxLength: 20 }),
  isElsewhere: fc.boolean(),
});

/** One tree, and what it must hold. */
class Run {
  index = EMPTY;
  readonly stored = new Map<string, Entry>();
  /** From one transaction to the next, as the commit thread has them. */
  readonly #known = new KnownPages();
  #generation = 0;
  #ordinal = 0;

  constructor(
    readonly catalog: MemoryCatalog,
    readonly isKeyed: boolean,
  ) {}

  static async after(steps: readonly Step[], isKeyed: boolean): Promise<Run> {
    const run = new Run(await emptyCatalog(), isKeyed);
    for (const step of steps) run.step(step);
    return run;
  }

  get expected(): readonly Entry[] {
    return [...this.stored.values()].sort(compareEntries);
  }

  step({ keys, isRemoval, recentMax, undone, isElsewhere }: Step): void {
    const target = { catalog: this.catalog, generation: ++this.#generation, recentMax, known: this.#known };
    this.#undo(target, undone);
    const removes = isRemoval && this.isKeyed;
    const changes = keys.map((key): Change => {
      if (removes) return { key: keyOf(key), shard: 0, ordinal: 0, isRemoval: true };
      return { key: keyOf(key), shard: 3, ordinal: this.#ordinal++ };
    });
    changes.sort(compareEntries);
    const replaced: string[] = [];
    const onStored = this.isKeyed ? (stored: Entry) => void replaced.push(textOf(stored)) : undefined;
    const before = changes.flatMap(({ key }) => this.stored.get(this.#idOf({ key, shard: 3, ordinal: -1 })) ?? []);
    this.catalog.transactionSync((write) => {
      const known = isElsewhere ? new KnownPages() : this.#known;
      this.index = changeIndex({ ...target, known, write }, this.index, changes, onStored);
    });
    if (this.isKeyed) expect(replaced.sort()).toEqual(before.map(textOf).sort());
    for (const change of changes) this.take(change);
  }

  /** Changes the tree, searches what became of it, and throws. */
  #undo(target: Omit<IndexTarget, 'write'>, keys: readonly number[]): void {
    if (keys.length === 0) return;
    const changes = keys.map((key): Change => ({ key: keyOf(key), shard: 4, ordinal: key })).sort(compareEntries);
    const undone = new Error('undone');
    const change = (): unknown =>
      this.catalog.transactionSync((write) => {
        const onStored = this.isKeyed ? () => {} : undefined;
        const index = changeIndex({ ...target, write }, this.index, changes, onStored);
        const again = changes.map((entry) => ({ ...entry, shard: 5 }));
        changeIndex({ ...target, recentMax: 1000, write }, index, again, onStored);
        throw undone;
      });
    expect(change).toThrow(undone);
  }

  take(change: Change): void {
    if (change.isRemoval) this.stored.delete(this.#idOf(change));
    else this.stored.set(this.#idOf(change), change);
  }

  #idOf(entry: Entry): string {
    return this.isKeyed ? Buffer.from(entry.key).toString('latin1') : textOf(entry);
  }

  check(): void {
    const { catalog, index } = this;
    expect(index.entries).toBe(this.stored.size);
    let [pages, inPages] = [0, 0];
    const bare = { ...index, recent: undefined };
    for (const page of walkPages(catalog, bare)) {
      pages++;
      inPages += [...entriesOf(page)].length;
    }
    expect([pages, inPages]).toEqual([index.pages, index.entries - (index.recent?.gained ?? 0)]);
    const range = { isKeyed: this.isKeyed, reverse: false, max: 10_000 };
    expect(catalog.recentEntries(TREE, range)).toHaveLength(index.recent?.values ?? 0);
    const all = this.expected.map(textOf);
    expect([...walkPages(catalog, index)].flatMap((page) => [...entriesOf(page)].map(textOf))).toEqual(all);
    const backwards = [...walkPages(catalog, index, { reverse: true })];
    expect(backwards.flatMap((page) => [...entriesOf(page)].reverse().map(textOf))).toEqual(all.toReversed());
  }
}

describe.each([
  ['a primary index', true],
  ['a secondary index', false],
])('%s with recent entries', (_, isKeyed) => {
  test('has the entries that a sorted list has, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async (steps) => {
        const run = await Run.after([], isKeyed);
        for (const step of steps) {
          run.step(step);
          run.check();
        }
      }),
      { numRuns: runs(120) },
    );
  });

  test('gives the entries between any bounds, both ways, and from any entry on', async () => {
    const anyBound = fc.option(fc.record({ key: fc.nat(650), inclusive: fc.boolean() }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(anyBound, anyBound, fc.boolean(), fc.nat()), { minLength: 20, maxLength: 20 }),
        async (steps, ranges) => {
          const run = await Run.after(steps, isKeyed);
          const { expected } = run;
          for (const [low, high, reverse, pick] of ranges) {
            const [lower, upper] = [low, high].map((one) => one && { ...one, key: keyOf(one.key) });
            const within = expected.filter((entry) => {
              const [under, over] = [lower, upper].map((one) => one && Buffer.compare(entry.key, one.key));
              if (under !== undefined && (under < 0 || (under === 0 && !lower!.inclusive))) return false;
              return over === undefined || over < 0 || (over === 0 && upper!.inclusive);
            });
            const bounds = { lower, upper, reverse, limit: Number.POSITIVE_INFINITY };
            expect(read(run, bounds)).toEqual(within.map(textOf));
            if (isKeyed || expected.length === 0) continue;
            // As a cursor does in an index where many records have one key.
            const at = expected[pick % expected.length]!;
            const beyond = { key: at.key, inclusive: true, beyond: { shard: at.shard, ordinal: at.ordinal } };
            const rest = expected.filter((entry) => (reverse ? -1 : 1) * compareEntries(entry, at) > 0);
            const from = reverse ? { lower: undefined, upper: beyond } : { lower: beyond, upper: undefined };
            expect(read(run, { ...from, reverse, limit: 1 })).toEqual(rest.map(textOf));
          }
        },
      ),
      { numRuns: runs(80) },
    );
  });

  test('is merged with what an import adds, in place or rewritten', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(fc.nat(650), { maxLength: 60 }),
        fc.constantFrom('new', 'old'),
        async (steps, keys, winner) => {
          const run = await Run.after(steps, isKeyed);
          const { catalog, index } = run;
          const added = keys.sort((a, b) => a - b).map((key): Entry => ({ key: keyOf(key), shard: 9, ordinal: key }));
          const met: string[] = [];
          const settle = isKeyed
            ? (stored: Entry, one: Entry) => {
                met.push(textOf(stored));
                return winner === 'new' ? one : stored;
              }
            : undefined;
          const old = new Map(run.stored);
          const same = added.flatMap(({ key }) => old.get(Buffer.from(key).toString('latin1')) ?? []);
          const rewrite = new TreeRewrite(catalog, index, settle);
          const written = [...added.flatMap((entry) => [...rewrite.add(entry)]), ...rewrite.finish()];
          const metOnce = met.splice(0);
          catalog.transactionSync((write) => {
            run.index = applyChanges(write, index, mergeInPlace(catalog, index, added, settle));
          });
          if (isKeyed) for (const asked of [metOnce, met]) expect(asked.sort()).toEqual(same.map(textOf).sort());
          for (const entry of added)
            if (!same.some(({ key }) => Buffer.compare(key, entry.key) === 0) || winner === 'new') run.take(entry);
          expect(run.index.recent).toBeUndefined();
          run.check();
          expect(written.flatMap((page) => [...entriesOf(page)].map(textOf))).toEqual(run.expected.map(textOf));
        },
      ),
      { numRuns: runs(80) },
    );
  });
});

/** What is read between bounds, in order: from the catalog, and as a tree whose fences are in memory reads it. */
function read({ catalog, index }: Run, bounds: Parameters<typeof slicesOf>[3]): string[] {
  const { tree } = index;
  const keys = catalog.pageKeys(tree, Number.MAX_SAFE_INTEGER);
  const kept = new Map<number, Uint8Array>();
  const pageOf = (at: number, keeps: boolean): Uint8Array => {
    const page = kept.get(at) ?? catalog.page(keys[at]!)!;
    if (keeps) kept.set(at, page);
    return page;
  };
  const found = readFrom(new StoredPages(catalog, tree, true), { catalog, index }, bounds);
  for (let i = 0; i < 2; i++) {
    const fenced = new FencedPages(new Fences(keys), pageOf, tree, catalog.file);
    expect(readFrom(fenced, { catalog, index }, bounds)).toEqual(found);
  }
  return found;
}

function readFrom(
  pages: OrderedPages,
  { catalog, index }: Pick<Run, 'catalog' | 'index'>,
  bounds: Parameters<typeof slicesOf>[3],
): string[] {
  const found: string[] = [];
  for (const { page, from, to } of slicesOf(pages, catalog, index, bounds)) {
    const slice = Array.from({ length: to - from }, (_, i) => textOf(entryAt(page, from + i)));
    found.push(...(bounds.reverse ? slice.reverse() : slice));
  }
  return bounds.reverse ? found.reverse() : found;
}

test('a violation of a unique index is seen wherever its two entries are', async () => {
  const run = new Run(await emptyCatalog(), false);
  run.step({ keys: [1, 2, 3], isRemoval: false, undone: [], isElsewhere: false, recentMax: 0 });
  run.step({ keys: [2], isRemoval: false, undone: [], isElsewhere: false, recentMax: 100 });
  const keys = [1, 2, 3].map(keyOf);
  const isDead = (): boolean => false;
  expect(violationOf(run.catalog, run.index, keys, isDead)).toEqual([
    { shard: 3, ordinal: 1 },
    { shard: 3, ordinal: 3 },
  ]);
  expect(violationOf(run.catalog, run.index, keys, (_, ordinal) => ordinal === 1)).toBeUndefined();
});

test('a recent entry with any byte changed, of its place too, is damaged', () => {
  const damaged = expect.objectContaining({ code: 'CHECKSUM_MISMATCH' });
  for (const isKeyed of [true, false]) {
    const entry = { key: encodeKey('abc'), shard: 5, ordinal: 6 };
    const { at, value } = encodeRecent(TREE, entry, isKeyed);
    expect(decodeRecent(at, value, isKeyed, 'f')).toEqual({ ...entry, key: expect.anything() });
    expect(Buffer.compare(decodeRecent(at, value, isKeyed, 'f').key, entry.key)).toBe(0);
    for (let i = 0; i < at.byteLength + value.byteLength; i++) {
      const [otherAt, otherValue] = [Buffer.from(at), Buffer.from(value)];
      if (i < at.byteLength) otherAt[i]! ^= 1;
      else otherValue[i - at.byteLength]! ^= 1;
      expect(() => decodeRecent(otherAt, otherValue, isKeyed, 'f')).toThrow(damaged);
    }
    expect(() => decodeRecent(at, value, !isKeyed, 'f')).toThrow(damaged);
    expect(() => decodeRecent(at.subarray(0, 5), value, isKeyed, 'f')).toThrow(damaged);
  }
});
