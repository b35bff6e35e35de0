// Goal: changing a page on its bytes gives the entries that building it anew gives, or says that it must be built anew.
// Method: random pages and changes; a sorted array beside them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeKey } from '../../src/keys/encode.js';
import type { Change } from '../../src/store/pages/change.js';
import { compareEntries } from '../../src/store/pages/merge-page.js';
import { entriesOf, verifyPage } from '../../src/store/pages/read.js';
import { splicePage } from '../../src/store/pages/splice.js';
import { buildPages, PAGE_BYTES } from '../../src/store/pages/write.js';
import type { Entry } from '../../src/store/types.js';
import { runs } from '../support/effort.js';

/** Few keys, so that they meet; with a long common beginning or none. */
const anyKey = fc.oneof(
  fc.nat(40).map((n) => encodeKey(`user-${n}`)),
  fc.nat(20).map((n) => encodeKey(n)),
  fc.constantFrom('', 'user', 'user-1\u0000').map((text) => encodeKey(text)),
);
const anyEntry: fc.Arbitrary<Entry> = fc.record({ key: anyKey, shard: fc.nat(3), ordinal: fc.nat(300) });
const anyChange: fc.Arbitrary<Change> = fc.record({
  key: anyKey,
  shard: fc.constant(9),
  ordinal: fc.nat(70_000),
  isRemoval: fc.boolean(),
});

const sorted = <T extends Entry>(entries: readonly T[], id: (entry: T) => string): T[] =>
  [...new Map(entries.map((entry) => [id(entry), entry])).values()].sort(compareEntries);
const keyId = ({ key }: Entry): string => Buffer.from(key).toString('hex');
const entryId = (entry: Entry): string => `${keyId(entry)} ${entry.shard} ${entry.ordinal}`;
const idsOf = (pages: readonly Uint8Array[]): string[] => pages.flatMap((page) => [...entriesOf(page)].map(entryId));

/** What the pages must be: all there, whole, in order. */
function expectPages(pages: readonly Uint8Array[], entries: readonly Entry[]): void {
  expect(pages).toHaveLength(entries.length === 0 ? 0 : 1);
  for (const page of pages) {
    verifyPage(page, 1, 'file');
    expect(page.byteLength).toBeLessThanOrEqual(PAGE_BYTES);
  }
  expect(idsOf(pages)).toEqual(entries.map(entryId));
}

test('of a tree that holds a key once: puts, removals, and those that keep the stored entry', () => {
  let spliced = 0;
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1 }),
      fc.array(anyChange, { minLength: 1 }),
      fc.boolean(),
      (stored, changed, keeps) => {
        const old = sorted(stored, keyId);
        const changes = sorted(changed, keyId);
        const after = new Map(old.map((entry) => [keyId(entry), entry]));
        const asked: string[] = [];
        const expectedAsked = changes.map(keyId).filter((key) => after.has(key));
        const pages = splicePage(buildPages(old)[0]!, changes, (was, change) => {
          expect(entryId(was)).toBe(entryId(old.find((entry) => keyId(entry) === keyId(change))!));
          asked.push(keyId(was));
          return change.isRemoval ? undefined : keeps ? was : change;
        });
        if (pages === undefined) {
          expect(asked).toEqual([]);
          return;
        }
        spliced++;
        expect(asked).toEqual(expectedAsked);
        for (const change of changes) {
          if (change.isRemoval) after.delete(keyId(change));
          else if (!keeps || !after.has(keyId(change))) after.set(keyId(change), change);
        }
        expectPages(pages, [...after.values()].sort(compareEntries));
      },
    ),
    { numRuns: runs(2000) },
  );
  expect(spliced).toBeGreaterThan(200);
});

test('of a tree that holds a key many times', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1 }), fc.array(anyEntry, { minLength: 1 }), (stored, added) => {
      const old = sorted(stored, entryId);
      const there = new Set(old.map(entryId));
      const changes = sorted(added, entryId).filter((entry) => !there.has(entryId(entry)));
      const pages = splicePage(buildPages(old)[0]!, changes, undefined);
      if (pages !== undefined) expectPages(pages, [...old, ...changes].sort(compareEntries));
    }),
    { numRuns: runs(2000) },
  );
});

test('a full page takes what replaces an entry, and nothing more', () => {
  const entries = Array.from({ length: 2000 }, (_, n) => ({
    key: encodeKey(`key-${String(n).padStart(5, '0')}`),
    shard: 1,
    ordinal: n,
  }));
  const [page] = buildPages(entries);
  const count = [...entriesOf(page!)].length;
  const replaces: Change[] = entries.slice(0, count).map(({ key }, n) => ({ key, shard: 2, ordinal: n }));
  expectPages(splicePage(page!, replaces, (_, change) => change)!, replaces);
  const more = { key: encodeKey('key-00000x'), shard: 2, ordinal: 0 };
  expect(splicePage(page!, [more], (_, change) => change)).toBeUndefined();
  expect(splicePage(page!, [more], undefined)).toBeUndefined();
});
