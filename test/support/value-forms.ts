// Records with large integers and dates, a codec for them, and every way of reading them.

import { parse } from 'lossless-json';
import type { Codec, KeyValue, ReadableCollection, Store } from '../../dist/src/index.js';

export interface Stored {
  readonly id: number;
  readonly tag: string;
  readonly at: string;
  readonly big: bigint | number;
}

export class Order {
  constructor(
    readonly id: number,
    readonly tag: string,
    readonly at: Date,
    readonly big: bigint | number,
  ) {}
}

export const codec: Codec<Order, Stored> = {
  encode: ({ id, tag, at, big }) => ({ id, tag, at: at.toISOString(), big }),
  decode: ({ id, tag, at, big }) => new Order(id, tag, new Date(at), big),
};

export const DATE = '2026-01-02T03:04:05.006Z';
/** In order of key, and of tag. One is safe: it is a number in each form. */
export const TEXTS = ['9007199254740993', '-123456789012345678901234567890', '5'].map(
  (big, i) => `{"id":${i + 1},"tag":"t${i + 1}","at":"${DATE}","big":${big}}`,
);
export const exact = (text: string) =>
  parse(text, null, (token) => (Number.isSafeInteger(Number(token)) ? Number(token) : BigInt(token))) as Stored;

export type Readable = ReadableCollection<unknown>;
/** Each gives the values of all records, in the order of TEXTS. */
export const READS: readonly (readonly [string, (rows: Readable, keys: readonly KeyValue[]) => Promise<unknown[]>])[] =
  [
    ['get', (rows, keys) => Promise.all(keys.map((key) => rows.get(key)))],
    ['getSync', async (rows, keys) => keys.map((key) => rows.getSync(key))],
    ['getMany', (rows, keys) => rows.getMany(keys)],
    ['scan', async (rows) => valuesOf(await all(rows.scan()))],
    ['range', async (rows) => valuesOf(await all(rows.range()))],
    ['range of an index', async (rows) => valuesOf(await all(rows.range({ index: 'tag' })))],
    ['rangeSync', async (rows) => valuesOf(await all(rows.rangeSync()))],
    [
      'find',
      async (rows, keys) =>
        valuesOf((await Promise.all(keys.map((_, i) => all(rows.find('tag', `t${i + 1}`))))).flat()),
    ],
    ['findSync', async (rows, keys) => valuesOf(keys.flatMap((_, i) => [...rows.findSync('tag', `t${i + 1}`)]))],
    [
      'first, last',
      async (rows) =>
        valuesOf([
          ...(await ends(rows)).slice(0, 1),
          ...(await all(rows.range())).slice(1, 2),
          ...(await ends(rows)).slice(1),
        ]),
    ],
    ['firstSync, lastSync', async (rows) => valuesOf([rows.firstSync()!, [...rows.rangeSync()][1]!, rows.lastSync()!])],
  ];
const ends = async (rows: Readable) => [(await rows.first())!, (await rows.last())!];

export async function all<R>(rows: AsyncIterable<R> | Iterable<R>): Promise<R[]> {
  const list: R[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
export const valuesOf = (rows: readonly { readonly value: unknown }[]) => rows.map(({ value }) => value);

/** The same records with a key, under names, and by ordinal. */
export async function filled(store: Store): Promise<Readonly<Record<string, readonly KeyValue[]>>> {
  const indexes = ['tag'];
  await store.import(new Blob([`[${TEXTS.join(',')}]`]), { collection: 'keyed', key: 'id', indexes, layout: 'array' });
  const named = `{${TEXTS.map((text, i) => `"n${i}":${text}`).join(',')}}`;
  await store.import(new Blob([named]), { collection: 'named', indexes, layout: 'object' });
  await store.import(new Blob([`[${TEXTS.join(',')}]`]), { collection: 'ordinals', indexes, layout: 'array' });
  return { keyed: [1, 2, 3], named: ['n0', 'n1', 'n2'], ordinals: [0, 1, 2] };
}
