// What a collection of the suite of dropped shards must hold, and a reader that asks it in every way.

import { expect } from 'vitest';
import type { ReadableCollection } from '../../dist/src/index.js';
import { textsOf } from './rows.js';

export const KEYS = 5;
export const TAGS = 3;
export const NAMES = ['plain', 'tagged', 'named', 'rows'] as const;
export type Name = (typeof NAMES)[number];

export const nameOf = (key: number): string => `n${key}`;

export async function expectHolds(collection: ReadableCollection, name: Name, model: ReadonlyMap<number, string>) {
  const keyed = (key: number) => (name === 'named' ? nameOf(key) : key);
  const texts = [...model.values()];
  expect(collection.count()).toBe(texts.length);
  expect(await all(collection.scanText(), ({ text }) => text)).toEqual(texts);
  const primaryKeys = await all(collection.scanText(), ({ primaryKey }) => primaryKey);
  if (name === 'rows') expect(primaryKeys).toEqual([...model.keys()]);
  const keys = [...model.keys()].sort((left, right) => left - right);
  expect(await all(collection.rangeText(), ({ key, text }) => [key, text])).toEqual(
    keys.map((key) => [keyed(key), model.get(key)]),
  );
  for (let key = 0; key < KEYS; key++) expect(collection.getTextSync(keyed(key))).toBe(model.get(key));
  if (name !== 'tagged' && name !== 'rows') return;
  for (let tag = 0; tag < TAGS; tag++) {
    const tagged = texts.filter((text) => JSON.parse(text).tag === tag);
    expect(await all(textsOf(collection.findText('tag', tag)), (text) => text)).toEqual(tagged);
  }
}

export async function all<T, R>(iteration: AsyncIterable<T>, of: (one: T) => R): Promise<R[]> {
  const found: R[] = [];
  for await (const one of iteration) found.push(of(one));
  return found;
}
