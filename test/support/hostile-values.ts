// Hostile values for the catalog of a store, with right checksums: whoever made a store made its checksums too. Every field
// of every kind of JSON value, with every value that such a field must not have; and values that contradict one another.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from '../../dist/src/index.js';
import { encodeLine, newHeader } from '../../src/import/resume/journal-format.js';
import {
  collectionKey,
  GARBAGE_KEY,
  LOCK_KEY,
  MetaKind,
  RESUMABLE_KEY,
  seal,
  shardKey,
  TOMBSTONE_STATE_KEY_BYTES,
  tombstoneChunkKey,
} from '../../src/store/catalog/values.js';
import { journalPath, shardFileName, shardPath } from '../../src/store/files/layout.js';
import type { LockRecord } from '../../src/store/lock-types.js';
import type { CollectionManifest, ShardEntry } from '../../src/store/types.js';
import { openRawIndex } from './raw-catalog.js';
import { buildEverything } from './upkeep.js';

/** A value as gristmill would seal it, whatever it is. */
const sealed = (value: unknown): Buffer => seal(Buffer.from(JSON.stringify(value)));

/** A store that is to be tried: the sound one with these values put. */
export interface HostileCase {
  readonly name: string;
  readonly puts: readonly { readonly key: string; readonly value: string }[];
  /** Whether opening it or verifying it must tell that it is damaged. */
  readonly isFound: boolean;
}

export const IMPORT_ID = '0b9f6f0e-6f5c-4d0e-9c56-0a1b2c3d4e5f';
const DEAD_TOKEN = '11111111-2222-4333-8444-555555555555';
const LONG_AGO = '2026-01-01T00:00:00.000Z';
const DEAD: LockRecord = {
  ...{ token: DEAD_TOKEN, operation: 'import', collection: 'synced', merging: 'synced', isPublished: false },
  ...{ left: [IMPORT_ID], mayWake: [{ token: DEAD_TOKEN, pid: 1, process: 'elsewhere/1' }], isAbandoned: false },
  ...{ host: 'elsewhere', pid: 1, process: 'elsewhere/1', since: LONG_AGO, renewed: LONG_AGO },
};

/** What stands in the place of a field; `undefined`: the field is missing. */
function hostileValues(parent: string): readonly (readonly [string, unknown])[] {
  return [
    ['missing', undefined],
    ['null', null],
    ['true', true],
    ['-1', -1],
    ['0.5', 0.5],
    ['2^32', 2 ** 32],
    ['10^12', 1e12],
    ['2^53', 2 ** 53],
    ['1e308', 1e308],
    ['text', 'text'],
    ['empty text', ''],
    ['path above', '../../x'],
    ['directory above', '../../dir'],
    ['absolute path', join(parent, 'x')],
    ['NUL', '00000001.ndjson.zst\0x'],
    ['digits as text', '7'],
    ['long text', 'x'.repeat(20_000)],
    ['list', ['../../x', '../../x']],
    ['object', { id: '../../x', file: '../../x' }],
    ['nested', JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`)],
  ];
}

/** Fields that need not be there, and texts that may be anything. */
const OPTIONAL = /\.(collection|merging|isPublished|left|mayWake|isAbandoned|cleaned|open|made|primary|lines)$|\.8$/;
const FREE_TEXT = /\.(host|process|collection|merging|source\.file|rules|sources\.0|0\.1)$/;

/** Where an index looks: nearly every text names some place. */
const INDEX_PATH = /^\.secondary\.0\.path$/;
/** Texts that may be a digit. */
const NUMERIC = /\.0\.([345]|8\.(head|tail|spans\.0\.2))$/;

type Path = readonly (string | number)[];

/** Every place in a value: members, and the first of each list. */
function* placesIn(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (value === null || typeof value !== 'object') return;
  const keys = Array.isArray(value) && typeof value[0] === 'object' ? [0] : Object.keys(value);
  for (const key of keys) yield* placesIn((value as Record<string | number, unknown>)[key], [...path, key]);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], value);
}

function changed(value: unknown, path: Path, to: unknown): unknown {
  const copy = structuredClone(value);
  const holder = at(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (to === undefined && !Array.isArray(holder)) delete holder[last];
  else holder[last] = to;
  return copy;
}

/** Whether the field cannot have this value, whatever the rest is. */
function isWrong(place: string, was: unknown, now: unknown): boolean {
  if (now === was || (now === '7' && NUMERIC.test(place))) return false;
  if (INDEX_PATH.test(place) && typeof now === 'string' && now !== '') return false;
  if (now === undefined) return !OPTIONAL.test(place);
  if (typeof was === 'number') return !Number.isSafeInteger(now) || (now as number) < 0;
  if (typeof was === 'string') return typeof now !== 'string' || !FREE_TEXT.test(place);
  if (typeof was === 'boolean') return typeof now !== 'boolean';
  return Array.isArray(was) !== Array.isArray(now) || now === null || typeof now !== 'object';
}

/**
 * Makes the sound store, at `<parent>/base`, with files beside it that nothing may touch.
 * @returns all cases
 */
export async function hostileStore(parent: string): Promise<HostileCase[]> {
  const base = join(parent, 'base');
  const outside = join(parent, 'outside');
  mkdirSync(join(outside, 'dir', 'deep'), { recursive: true });
  for (const name of ['x', 'x.ndjson', 'x.zst', 'dir/keep', 'dir/journal', 'dir/deep/keep', '00000001.ndjson.zst']) {
    writeFileSync(join(outside, name), `${name} is somebody's`);
  }
  const lines = Array.from({ length: 700 }, (_, id) => JSON.stringify({ id, text: 'x'.repeat(100) }));
  writeFileSync(join(parent, 'source.ndjson'), `${lines.join('\n')}\n`);
  await buildEverything(base);
  const store = await openStore(base);
  await store.import(join(parent, 'source.ndjson'), { collection: 'synced', key: 'id', workers: 1, spanBytes: 40_000 });
  await store.close();
  const killed = 900;
  mkdirSync(dirname(journalPath(base, IMPORT_ID)), { recursive: true, mode: 0o700 });
  writeFileSync(journalPath(base, IMPORT_ID), encodeLine(newHeader('sources', 'options')), { mode: 0o600 });
  writeFileSync(shardPath(base, shardFileName(killed)), 'a shard', { mode: 0o600 });
  const raw = openRawIndex(base);
  raw.put('meta', RESUMABLE_KEY, sealed([{ id: IMPORT_ID, collection: 'synced', firstShard: killed, spans: 2 }]));
  await raw.close();
  return casesOf(base, outside);
}

async function casesOf(base: string, outside: string): Promise<HostileCase[]> {
  const index = openRawIndex(base);
  const values = index.values.filter(({ database }) => database === 'meta').map(({ key, value }) => ({ key, value }));
  await index.close();
  const extra = [
    { key: LOCK_KEY, value: sealed(DEAD) },
    { key: GARBAGE_KEY, value: sealed({ files: [{ file: shardFileName(901), after: 1 }], trees: [90], inline: [91] }) },
  ];
  const seen = new Set<string>();
  const cases: HostileCase[] = [];
  const isNote = (key: Buffer): boolean =>
    [MetaKind.lock, MetaKind.garbage, MetaKind.resumable].includes(key[0] as never);
  for (const { key, value } of [
    ...values.filter(({ key }) => !isNote(key) || key[0] === MetaKind.resumable),
    ...extra,
  ]) {
    const json = jsonOf(key, value);
    if (json === undefined) continue;
    const kind = kindOf(key);
    const besides = isNote(key) ? extra.filter((other) => !other.key.equals(key)) : [];
    const put = (name: string, to: unknown, isFound: boolean): void => {
      const puts = [...besides, { key, value: sealed(to) }];
      cases.push({
        name,
        isFound,
        puts: puts.map(({ key, value }) => ({ key: key.toString('hex'), value: value.toString('base64') })),
      });
    };
    for (const [name, hostile] of hostileValues(outside)) {
      if (hostile === undefined || seen.has(`${kind} is ${name}`)) continue;
      seen.add(`${kind} is ${name}`);
      put(`${kind} is ${name}`, hostile, true);
    }
    for (const path of placesIn(json)) {
      const place = `.${path.join('.')}`;
      for (const [name, hostile] of hostileValues(outside)) {
        const title = `${kind}${place}: ${name}`;
        if (seen.has(title)) continue;
        seen.add(title);
        put(title, changed(json, path, hostile), isWrong(place, at(json, path), hostile));
      }
    }
  }
  return [...cases, ...contradictions(values)];
}

/** Values that are right alone and not together, and keys that no gristmill makes. */
function contradictions(values: readonly { readonly key: Buffer; readonly value: Buffer }[]): HostileCase[] {
  const manifests = values.filter(({ key }) => key[0] === MetaKind.collection);
  const manifest = (name: string) =>
    JSON.parse(
      manifests
        .find(({ key }) => key.equals(collectionKey(name)))!
        .value.subarray(8)
        .toString(),
    ) as CollectionManifest;
  const entries = values
    .filter(({ key }) => key[0] === MetaKind.shard)
    .map(({ value }) => JSON.parse(value.subarray(8).toString()) as ShardEntry);
  const [records, named] = [manifest('records'), manifest('named')];
  const [first, second] = entries as [ShardEntry, ShardEntry];
  const one = (name: string, key: Buffer, value: Buffer, isFound = true): HostileCase => ({
    name,
    isFound,
    puts: [{ key: key.toString('hex'), value: value.toString('base64') }],
  });
  const ones = Buffer.alloc(1984, 0xff);
  return [
    one('two collections of one number', collectionKey('named'), sealed({ ...named, id: records.id })),
    one(
      'two indexes of one tree',
      collectionKey('records'),
      sealed({ ...records, primary: { ...records.primary, tree: records.secondary[0]!.tree } }),
    ),
    one('a collection kept under another name', collectionKey('other'), sealed(records)),
    one(
      'two shards of one file',
      shardKey(records.id, second.shard),
      sealed({ ...second, fileNumber: first.fileNumber, file: first.file }),
    ),
    one('overlapping ordinals', shardKey(records.id, second.shard), sealed({ ...second, firstOrdinal: 0 })),
    one(
      'sums beyond safe integers',
      shardKey(records.id, second.shard),
      sealed({ ...second, firstOrdinal: 2 ** 53 - 1, plainBytes: 2 ** 53 - 1, storedBytes: 2 ** 53 - 1 }),
    ),
    one(
      'four thousand million records',
      shardKey(records.id, second.shard),
      sealed({ ...second, records: 2 ** 32 - 1 }),
    ),
    one('nothing but holes', shardKey(records.id, second.shard), sealed({ ...second, holes: second.records })),
    one('the shard of another collection', shardKey(named.id, first.shard), sealed(first)),
    one('a shard of a collection that is not', shardKey(4_000_000_000, 1), sealed({ ...first, shard: 1 })),
    one('a shard key that is too short', Buffer.of(MetaKind.shard, 0, 0), sealed(first)),
    one(
      'a shard key that is too long',
      Buffer.concat([shardKey(records.id, second.shard), Buffer.alloc(4)]),
      sealed(second),
    ),
    one('tombstones behind the last record', tombstoneChunkKey(first.shard, 1_000_000), seal(ones)),
    one('the last tombstones there can be', tombstoneChunkKey(first.shard, 2 ** 32 - 1), seal(ones)),
    one('tombstones of a shard that is not', tombstoneChunkKey(4_000_000_000, 2 ** 32 - 1), seal(ones)),
    one('all records dead', tombstoneChunkKey(second.shard, 0), seal(ones)),
    one('a chunk of tombstones that is too long', tombstoneChunkKey(first.shard, 0), seal(Buffer.alloc(100_000, 0xff))),
    one(
      'an inline record of a number that is too high',
      Buffer.from('07ffffffffffffffff', 'hex'),
      seal(Buffer.from('{}')),
      // Of a shard that is not: nobody reads it.
      false,
    ),
    one('an inline record of no shard', Buffer.from('070000000700000000', 'hex'), seal(Buffer.from('{}')), false),
    one('a value that is no JSON', collectionKey('records'), seal(Buffer.from('{"name":'))),
    one('a value that is no UTF-8', collectionKey('records'), seal(Buffer.from([0x22, 0xff, 0x22]))),
    one('a lock from the future', LOCK_KEY, sealed({ ...DEAD, renewed: '2999-01-01T00:00:00.000Z' }), false),
    one('more than is known', collectionKey('records'), sealed({ ...records, later: '../../x' }), false),
    one(
      'a name that is also a method',
      collectionKey('records'),
      sealed({ ...records, hasOwnProperty: 1, toString: 1 }),
      false,
    ),
  ];
}

/** Kinds of values that are not JSON. */
const BINARY: readonly unknown[] = [MetaKind.inline, MetaKind.recent, MetaKind.audit];

function jsonOf(key: Buffer, value: Buffer): unknown {
  const isJson =
    !BINARY.includes(key[0]) && (key[0] !== MetaKind.tombstones || key.byteLength === TOMBSTONE_STATE_KEY_BYTES);
  return isJson ? JSON.parse(value.subarray(8).toString()) : undefined;
}

function kindOf(key: Buffer): string {
  const kind = Object.entries(MetaKind).find(([, byte]) => byte === key[0])?.[0] ?? 'unknown';
  return kind === 'sources' && key.byteLength > 5 ? 'source rows' : kind;
}
