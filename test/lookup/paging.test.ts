// Goal: what comes out goes in. Every key that a store gives is taken by every method that takes a key, and means the same
// record; so a reader who pages through an index by the last key seen sees each of its records once.
// Method: random records with numbers of all sizes, imported and put; numbers are compared by an oracle of decimals
// (support/decimals.ts), strings by their code points. What is read must be what the oracle says, in its order.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  JsonNumber,
  type KeyValue,
  memory,
  openStore,
  type ReadableCollection,
  type Store,
} from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { anyNumber, compareDecimals, isWhole } from '../support/decimals.js';
import { runs } from '../support/effort.js';
import { textsOf } from '../support/rows.js';

/** A key as its JSON token. */
type Token = string;
interface Row {
  readonly id: Token;
  readonly one: Token;
  readonly many: readonly Token[];
}

const anyToken: fc.Arbitrary<Token> = fc.oneof(
  { arbitrary: anyNumber, weight: 8 },
  fc.constantFrom('null', 'true', 'false', '"7"', '"1e400"', '"9007199254740993"', '"\\u0000"', '"\\ud800"', '"ä😀"'),
  fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => JSON.stringify(text)),
);
const anyRow = fc.record({
  id: anyToken.filter((token) => token !== 'null'),
  one: anyToken,
  many: fc.array(anyToken, { maxLength: 4 }),
});
const anyRows = fc.array(anyRow, { minLength: 1, maxLength: 60 });

const INDEXES = ['one', 'many'];
const textOf = ({ id, one, many }: Row, number: number): string =>
  `{"id":${id},"one":${one},"many":[${many.join(',')}],"n":${number}}`;

const RANKS = ['null', 'false', 'true'];
const rank = (token: Token): number => (RANKS.includes(token) ? RANKS.indexOf(token) : token.startsWith('"') ? 4 : 3);
const points = (token: Token): number[] => Array.from(JSON.parse(token) as string, (one) => one.codePointAt(0)!);

/** The order of keys, by their tokens; 0 for those that are one key. */
function compareTokens(left: Token, right: Token): number {
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  if (rank(left) === 3) return compareDecimals(left, right);
  if (rank(left) < 3) return 0;
  const [a, b] = [points(left), points(right)];
  const at = a.findIndex((point, i) => point !== b[i]);
  return at === -1 ? a.length - b.length : at >= b.length ? 1 : a[at]! - b[at]!;
}
const tokenOf = (key: KeyValue): Token => (typeof key === 'string' ? JSON.stringify(key) : String(key));

/** All values that are this key, in other forms than the one it came in. */
function formsOf(token: Token): KeyValue[] {
  if (rank(token) !== 3) return [JSON.parse(token) as KeyValue];
  const forms: KeyValue[] = [new JsonNumber(token)];
  const number = Number(token);
  if (Number.isFinite(number) && compareDecimals(String(number), token) === 0) forms.push(number);
  if (isWhole(token)) forms.push(BigInt(wholeText(token)));
  return forms;
}

function wholeText(token: Token): string {
  const [mantissa, exponent = '0'] = token.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const shift = Number(exponent) - fraction.length;
  const digits = whole + fraction;
  if (shift >= 0) return digits + '0'.repeat(shift);
  return digits.slice(0, shift).replace(/^-?$/, '$&0');
}

/** What the store must have: of records with one key the last. */
function live(rows: readonly Row[]): { readonly row: Row; readonly text: string }[] {
  return rows
    .map((row, i) => ({ row, text: textOf(row, i) }))
    .filter(({ row }, i) => !rows.slice(i + 1).some((later) => compareTokens(later.id, row.id) === 0));
}

/** The keys of an index with the texts of their records, sorted each, in order. */
function groupsOf(rows: readonly Row[], index: string | undefined): { token: Token; texts: string[] }[] {
  const groups: { token: Token; texts: string[] }[] = [];
  for (const { row, text } of live(rows)) {
    const tokens = index === undefined ? [row.id] : index === 'one' ? [row.one] : row.many;
    for (const token of tokens) {
      const group = groups.find((one) => compareTokens(one.token, token) === 0);
      if (group === undefined) groups.push({ token, texts: [text] });
      else if (!group.texts.includes(text)) group.texts.push(text);
    }
  }
  for (const { texts } of groups) texts.sort();
  return groups.sort((a, b) => compareTokens(a.token, b.token));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Reads an index in pages, each after the last key of the one before. */
async function paged(
  collection: ReadableCollection,
  index: string | undefined,
  reverse: boolean,
  sizes: () => number,
): Promise<{ key: KeyValue; texts: string[] }[]> {
  const groups: { key: KeyValue; texts: string[] }[] = [];
  for (;;) {
    const last = groups.at(-1);
    const after = last === undefined ? {} : { [reverse ? 'lt' : 'gt']: last.key };
    const page = await all(collection.rangeText({ ...(index && { index }), reverse, limit: sizes(), ...after }));
    if (page.length === 0) return groups;
    for (const { key, text } of page) {
      // Forms are canonical: one key is one value, and numbers of many digits are one object.
      if (Object.is(groups.at(-1)?.key, key)) groups.at(-1)!.texts.push(text);
      else groups.push({ key, texts: [text] });
    }
    // A page may end within the records of its last key: the rest of them have that key, too.
    const end = groups.at(-1)!;
    if (index !== undefined) end.texts = await all(textsOf(collection.findText(index, end.key)));
  }
}

let remove: (() => void) | undefined;
let store: Store | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
  remove?.();
  remove = undefined;
});

type Build = (rows: readonly Row[]) => Promise<Store>;

const put: Build = async (rows) => {
  const opened = await openStore(memory(), { create: true, recordCacheBytes: 2 ** 20 });
  await opened.transaction((transaction) => {
    const collection = transaction.createCollection('records', { key: 'id', indexes: INDEXES });
    rows.forEach((row, i) => {
      const key = collection.putText(textOf(row, i));
      expect(compareTokens(tokenOf(key), row.id)).toBe(0);
      expect(collection.getText(key)).toBe(textOf(row, i));
      expect(collection.has(key)).toBe(true);
    });
  });
  return opened;
};

const imported: Build = async (rows) => {
  const directory = temporaryDirectory();
  remove = directory.remove;
  const source = join(directory.path, 'rows.ndjson');
  writeFileSync(source, rows.map((row, i) => `${textOf(row, i)}\n`).join(''));
  const opened = await openStore(join(directory.path, 'store'), { create: true });
  await opened.import(source, { key: 'id', indexes: INDEXES, layout: 'ndjson' });
  return opened;
};

describe.each([
  ['put', put, 20],
  ['imported', imported, 4],
] as const)('records that were %s', (_, build, numRuns) => {
  test('are seen once each by who pages through an index by the last key', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.infiniteStream(fc.integer({ min: 1, max: 7 })), async (rows, sizes) => {
        store = await build(rows);
        try {
          const collection = store.collection();
          for (const index of [undefined, ...INDEXES]) {
            const expected = groupsOf(rows, index);
            for (const reverse of [false, true]) {
              const seen = await paged(collection, index, reverse, () => sizes.next().value as number);
              const inOrder = reverse ? expected.toReversed() : expected;
              expect(seen.map(({ texts }) => texts.toSorted())).toEqual(inOrder.map(({ texts }) => texts));
              seen.forEach(({ key }, i) => {
                expect(compareTokens(tokenOf(key), inOrder[i]!.token)).toBe(0);
              });
            }
          }
        } finally {
          await store.close();
          remove?.();
        }
      }),
      { numRuns: runs(numRuns) },
    );
  });

  test('are named by their keys in every form and to every method', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        store = await build(rows);
        try {
          const collection = store.collection();
          const keys = (await all(collection.rangeText())).map(({ key }) => key);
          const groups = groupsOf(rows, undefined);
          expect(await collection.getMany(keys)).toEqual(groups.map(({ texts }) => JSON.parse(texts[0]!)));
          expect((await store.warm({ keys })).records).toBe(keys.length);
          const snapshot = store.snapshot();
          for (const [i, { token, texts }] of groups.entries()) {
            const text = texts[0]!;
            for (const key of [keys[i]!, ...formsOf(token)]) {
              expect(collection.getTextSync(key)).toBe(text);
              expect(await collection.getText(key)).toBe(text);
              expect(collection.has(key)).toBe(true);
              expect(snapshot.collection('records').getTextSync(key)).toBe(text);
              expect(await collection.get(key)).toEqual(JSON.parse(text));
              // With a record cache it is one object, whatever form the key is given in.
              if (build === put) expect(collection.getSync(key)).toBe(collection.getSync(keys[i]!));
              for (const bound of [
                { gte: key, limit: 1 },
                { lte: key, limit: 1, reverse: true },
              ]) {
                expect(await all(collection.rangeText(bound))).toEqual([{ key: keys[i], text }]);
              }
              expect((await all(collection.rangeText({ gt: key }))).length).toBe(keys.length - i - 1);
              expect((await all(collection.rangeText({ lt: key }))).length).toBe(i);
            }
          }
          snapshot.release();
          for (const index of INDEXES) {
            for (const { token, texts } of groupsOf(rows, index)) {
              for (const key of formsOf(token)) {
                expect((await all(textsOf(collection.findText(index, key)))).sort()).toEqual(texts);
              }
            }
          }
          await store.transaction((transaction) => {
            const changed = transaction.collection<{ readonly p: number }>('records');
            for (const [i, { token }] of groups.entries()) {
              const forms = [keys[i]!, ...formsOf(token)];
              for (const [p, key] of forms.entries()) expect(changed.patch(key, { p })).toBe(true);
              for (const key of forms) expect(changed.get(key)?.p).toBe(forms.length - 1);
              expect(changed.delete(forms[i % forms.length]!)).toBe(true);
              for (const key of forms) {
                expect([changed.has(key), changed.get(key), changed.delete(key)]).toEqual([false, undefined, false]);
                expect(changed.patch(key, {})).toBe(false);
              }
            }
            expect(changed.count()).toBe(0);
          });
          for (const key of keys) expect(collection.getSync(key)).toBeUndefined();
        } finally {
          await store.close();
          remove?.();
        }
      }),
      { numRuns: runs(numRuns) },
    );
  });
});
