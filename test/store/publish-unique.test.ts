// Goal: a publication is refused if two live records would have one value of a unique index, and only then, however many values
// are repeated; what is refused changes nothing.
// Method: random publications with few values and keys, against a Map; records noted because of repeated values from none on, so
// that the rest of the tree is looked through again. Values are so long that a page has few of them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeKey } from '../../src/keys/encode.js';
import { treeStart } from '../../src/store/pages/page-key.js';
import { entriesOf } from '../../src/store/pages/read.js';
import { deadAmong, LiveCheck, UniqueCheck, UniqueViolation } from '../../src/store/publish/unique.js';
import { PLACES, publishRecords, type TestRecord } from '../support/build-store.js';
import { runs } from '../support/effort.js';

const VALUES = [null, ...Array.from({ length: 12 }, (_, i) => `v${i}${'x'.repeat(1500)}`)];
const TOO_LONG = 'x'.repeat(5000);
const [, newPlace] = PLACES[1]!;

type Values = readonly (string | null)[];

function isFine(records: Iterable<Values>): boolean {
  const all = [...records].flatMap((values) => [...new Set(values)].filter((value) => value !== null));
  return new Set(all).size === all.length && !all.includes(TOO_LONG);
}

const value = fc.oneof({ weight: 60, arbitrary: fc.constantFrom(...VALUES) }, fc.constant(TOO_LONG));
const record = fc.record({ key: fc.integer({ min: 0, max: 9 }), values: fc.uniqueArray(value, { maxLength: 2 }) });
const publication = fc.record({
  mode: fc.constantFrom('replace', 'upsert' as const),
  records: fc.array(record, { maxLength: 10 }),
  pagesInPlace: fc.constantFrom(undefined, 0),
  uniqueRepeatsMax: fc.nat(4),
});

test('publications, against a Map', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(publication, { maxLength: 6 }), async (publications) => {
      const place = newPlace();
      const catalog = await place.openCatalog();
      let model = new Map<number, Values>();
      const stored = new Map<string, Values>();
      for (const { mode, records, ...limits } of publications) {
        const next = new Map(mode === 'replace' ? [] : model);
        for (const { key, values } of records) next.set(key, values);
        const { nextShard, generation } = catalog.header();
        records.forEach(({ values }, ordinal) => void stored.set(`${nextShard} ${ordinal}`, values));
        const published = publishRecords(
          catalog,
          place,
          records.map(({ key, values }): TestRecord => ({ text: JSON.stringify({ key }), key, indexed: [values] })),
          { mode: catalog.collection('records') ? mode : 'replace', indexPaths: ['v'], isUnique: true, ...limits },
        );
        if (isFine(next.values())) {
          await published;
          model = next;
          const { tree } = catalog.collection('records')!.secondary[0]!;
          expect(liveKeys(catalog, tree)).toEqual(keysOf(model));
          continue;
        }
        const error: unknown = await published.then(undefined, (thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UniqueViolation);
        const [one, other, ...more] = (error as UniqueViolation).places.map(
          ({ shard, ordinal }) => stored.get(`${shard} ${ordinal}`)!,
        );
        expect(more).toEqual([]);
        if (other === undefined) expect(one).toContain(TOO_LONG);
        else expect(one!.filter((some) => some !== null && other.includes(some))).not.toEqual([]);
        expect(catalog.header().generation).toBe(generation);
      }
      await catalog.close();
    }),
    { numRuns: runs(150) },
  );
});

/** Keys of an index that live records have, as hexadecimal digits, in order. */
function liveKeys(catalog: Awaited<ReturnType<ReturnType<typeof newPlace>['openCatalog']>>, tree: number): string[] {
  const isDead = deadAmong(catalog, catalog.shards(catalog.collection('records')!));
  const keys: string[] = [];
  let at = catalog.nextPage(tree, treeStart(tree), false);
  for (; at !== undefined; at = catalog.nextPage(tree, at.pageKey, false)) {
    for (const { key, shard, ordinal } of entriesOf(at.page))
      if (!isDead(shard, ordinal)) keys.push(Buffer.from(key).toString('hex'));
  }
  return keys;
}

function keysOf(model: ReadonlyMap<number, Values>): string[] {
  const keys = [...model.values()].flat().map((one) => Buffer.from(encodeKey(one, 'cut')));
  return keys.sort(Buffer.compare).map((key) => key.toString('hex'));
}

test('of one tree, what is known at once and what is known later is the same', async () => {
  const place = newPlace();
  const catalog = await place.openCatalog();
  const records = Array.from({ length: 300 }, (_, i): TestRecord => {
    return { text: '{}', key: i, indexed: [[`${i % 100}${'x'.repeat(500)}`]] };
  });
  await publishRecords(catalog, place, records, { indexPaths: ['v'] });
  const { tree } = catalog.collection('records')!.secondary[0]!;
  const live = fc.uniqueArray(fc.nat(299), { maxLength: 30 }).map((list) => new Set(list));
  fc.assert(
    fc.property(live, fc.nat(220), (ordinals, repeatsMax) => {
      const [first] = catalog.shards(catalog.collection('records')!);
      const isDead = (shard: number, ordinal: number) => !ordinals.has((shard - first!.shard) * 50 + ordinal);
      const now = new LiveCheck(isDead);
      const later = new UniqueCheck(repeatsMax);
      let found: unknown;
      let at = catalog.nextPage(tree, treeStart(tree), false);
      for (; at !== undefined; at = catalog.nextPage(tree, at.pageKey, false)) {
        found ??= now.add(at.page);
        later.add(at.page);
      }
      expect(later.violation(catalog, { tree }, isDead)).toEqual(found);
      expect(found === undefined).toBe(new Set([...ordinals].map((i) => i % 100)).size === ordinals.size);
    }),
    { numRuns: runs(100) },
  );
  await catalog.close();
});
