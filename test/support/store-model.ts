// What a collection must hold after any sequence of changes, kept in an array and a Map: the oracle of the transaction
// suites. And a reader that asks a real collection every way there is and compares.

import { expect } from 'vitest';
import type { KeyValue, ReadableCollection } from '../../dist/src/index.js';
import { type KeyForm, NEEDS_ORDER } from './hidden-store.js';
import { textsOf } from './rows.js';

/** A key as it may be asked for, and spelled in JSON; listed in the order of the keys. */
export const KEYS: readonly { readonly value: KeyValue; readonly spelled: readonly string[] }[] = [
  { value: null, spelled: ['null'] },
  { value: false, spelled: ['false'] },
  { value: true, spelled: ['true'] },
  { value: -1.5, spelled: ['-1.5', '-15e-1'] },
  { value: 0, spelled: ['0', '-0', '0.0'] },
  { value: 1, spelled: ['1', '1.0', '10e-1'] },
  { value: 9007199254740992n, spelled: ['9007199254740992', '9007199254740992.0'] },
  { value: 9007199254740993n, spelled: ['9007199254740993'] },
  { value: '', spelled: ['""'] },
  { value: '1', spelled: ['"1"', '"\\u0031"'] },
  { value: 'a', spelled: ['"a"', '"\\u0061"'] },
  { value: 'a\u0000', spelled: ['"a\\u0000"'] },
  { value: 'a\u0000b', spelled: ['"a\\u0000b"'] },
  { value: 'a\u0001', spelled: ['"a\\u0001"'] },
  { value: 'ä', spelled: ['"ä"', '"\\u00e4"'] },
  { value: '\ud800', spelled: ['"\\ud800"'] },
];

/** Position in KEYS of a key; ordinals stand for themselves in collections without a key. */
export type KeyNumber = number;

export interface ModelRecord {
  readonly key: KeyNumber;
  readonly text: string;
  /** Keys at the one secondary index, `tags`: each once. */
  readonly tags: ReadonlySet<KeyNumber>;
}

export type KeyKind = 'path' | 'name' | 'ordinal';

/** One collection as it must be. */
export class Model {
  /** By ordinal in the collection; undefined where a record is dead. */
  readonly slots: (ModelRecord | undefined)[];
  readonly #pending = new Map<KeyNumber, ModelRecord | undefined>();
  #pendingAppends: (ModelRecord | undefined)[] = [];

  constructor(
    readonly kind: KeyKind,
    slots: readonly (ModelRecord | undefined)[] = [],
  ) {
    this.slots = [...slots];
  }

  clone(): Model {
    return new Model(this.kind, this.slots);
  }

  at(key: KeyNumber): ModelRecord | undefined {
    if (this.kind === 'ordinal') return this.slots.concat(this.#pendingAppends)[key];
    if (this.#pending.has(key)) return this.#pending.get(key);
    return this.slots.find((record) => record?.key === key);
  }

  count(): number {
    const numbers = this.kind === 'ordinal' ? this.slots.concat(this.#pendingAppends).keys() : KEYS.keys();
    return [...numbers].filter((key) => this.at(key) !== undefined).length;
  }

  /** A change within a transaction; the key the record has now. */
  put(record: ModelRecord): KeyNumber {
    if (this.kind === 'ordinal') {
      this.#pendingAppends.push(record);
      return this.slots.length + this.#pendingAppends.length - 1;
    }
    this.#pending.delete(record.key);
    this.#pending.set(record.key, record);
    return record.key;
  }

  remove(key: KeyNumber): void {
    if (this.kind !== 'ordinal') {
      this.#pending.delete(key);
      this.#pending.set(key, undefined);
    } else if (key < this.slots.length) this.slots[key] = undefined;
    else this.#pendingAppends[key - this.slots.length] = undefined;
  }

  /** The end of a transaction. */
  commit(): void {
    for (const [key, record] of this.#pending) {
      const stored = this.slots.findIndex((slot) => slot?.key === key);
      if (stored !== -1) this.slots[stored] = undefined;
      if (record) this.slots.push(record);
    }
    this.#pending.clear();
    this.slots.push(...this.#pendingAppends);
    this.#pendingAppends = [];
  }

  /** Records of an import, in source order: of those with one key the last one lives. */
  import(records: readonly ModelRecord[]): void {
    for (const record of records) {
      this.put(record);
      this.commit();
    }
  }
}

/** How a record of a collection made from one object is asked for. */
export function keyOf(model: Model, key: KeyNumber): KeyValue {
  return model.kind === 'ordinal' ? key : KEYS[key]!.value;
}

/** Reads all of a collection in every way and compares. @param form where keys are hidden, there are no ranges */
export async function expectHolds(
  collection: ReadableCollection,
  model: Model,
  form: KeyForm = 'plain',
): Promise<void> {
  const live = model.slots.flatMap((record, ordinal) => (record ? [{ record, ordinal }] : []));
  const keys = [...(model.kind === 'ordinal' ? [...model.slots.keys(), model.slots.length] : KEYS.keys())];
  const texts = keys.map((key) => model.at(key)?.text);
  const values = texts.map((text) => text && JSON.parse(text));
  const asked = keys.map((key) => keyOf(model, key));

  expect(collection.count()).toBe(live.length);
  const { records, dead } = collection.stat();
  expect(records).toBe(live.length);
  // Compaction removes some of them.
  expect(dead).toBeLessThanOrEqual(model.slots.length - live.length);
  expect(asked.map((key) => collection.getTextSync(key))).toEqual(texts);
  expect(asked.map((key) => collection.getSync(key))).toEqual(values);
  expect(await Promise.all(asked.map((key) => collection.getText(key)))).toEqual(texts);
  expect(await Promise.all(asked.map((key) => collection.get(key)))).toEqual(values);
  expect(await collection.getMany([...asked, ...asked])).toEqual([...values, ...values]);
  expect(asked.map((key) => collection.has(key))).toEqual(texts.map((text) => text !== undefined));

  const found = await all(collection.scanText());
  const own = (key: KeyValue) => (model.kind === 'ordinal' ? key : orderOf(key));
  const scanned = live.map(({ record: { key, text }, ordinal }) => ({
    primaryKey: own(model.kind === 'ordinal' ? ordinal : KEYS[key]!.value),
    text,
  }));
  expect(found.map(({ primaryKey, text }) => ({ primaryKey: own(primaryKey), text }))).toEqual(scanned);
  expect(
    (await all(collection.scan())).map(({ key, primaryKey, value }) => [own(key), own(primaryKey), value]),
  ).toEqual(scanned.map(({ primaryKey, text }) => [primaryKey, primaryKey, JSON.parse(text)]));
  // A scan goes on after any of its rows.
  const [some] = found.slice(Math.floor(found.length / 2));
  if (some !== undefined) {
    const after = await all(collection.scanText({ after: some.cursor }));
    expect(after.map(({ text }) => text)).toEqual(scanned.slice(found.indexOf(some) + 1).map(({ text }) => text));
  }
  const lines = Buffer.concat(await all(collection.lines())).toString();
  expect(recordsOfLines(lines, model.kind)).toEqual(live.map(({ record }) => record.text));

  const hidesKeys = form === 'hidden';
  if (model.kind !== 'ordinal' && hidesKeys)
    await expect(pairs(collection.rangeText())).rejects.toMatchObject(NEEDS_ORDER);
  else if (model.kind !== 'ordinal') {
    const ordered = live.map(({ record }) => record).sort((left, right) => left.key - right.key);
    const expected = ordered.map(({ key, text }) => [orderOf(KEYS[key]!.value), text]);
    expect(await pairs(collection.rangeText())).toEqual(expected);
    expect(await pairs(collection.rangeText({ reverse: true }))).toEqual(expected.toReversed());
  }
  const tagged = KEYS.map((_, tag) =>
    live.filter(({ record }) => record.tags.has(tag)).map(({ record }) => record.text),
  );
  for (const [tag, found] of tagged.entries()) {
    const value = KEYS[tag]!.value;
    expect(await all(textsOf(collection.findText('tags', value)))).toEqual(found);
    expect(collection.count({ index: 'tags', gte: value, lte: value })).toBe(found.length);
  }
  expect(collection.count({ index: 'tags' })).toBe(tagged.flat().length);
  if (hidesKeys) return;
  const byTag = tagged.flatMap((found, tag) => found.map((text) => [orderOf(KEYS[tag]!.value), text]));
  expect(await pairs(collection.rangeText({ index: 'tags' }))).toEqual(byTag);
  expect(await pairs(collection.rangeText({ index: 'tags', reverse: true }))).toEqual(byTag.toReversed());
}

/** Position in KEYS of a key that came back: bigints and numbers of one value are one key. */
function orderOf(key: KeyValue): number {
  return KEYS.findIndex(({ value }) => identity(value) === identity(key));
}

function identity(key: KeyValue): unknown {
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key;
}

async function pairs(range: AsyncIterable<{ readonly key: KeyValue; readonly text: string }>): Promise<unknown[]> {
  return (await all(range)).map(({ key, text }) => [orderOf(key), text]);
}

async function all<T>(iteration: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const element of iteration) found.push(element);
  return found;
}

function recordsOfLines(lines: string, kind: KeyKind): string[] {
  const found = lines.split('\n').slice(0, -1);
  // The name may be spelled in more than one way, the value only as it was put.
  return kind === 'name' ? found.map((line) => line.slice(line.indexOf(',"value":') + 9, -1)) : found;
}
