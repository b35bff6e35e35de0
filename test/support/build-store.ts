// Builds real stores for the tests of the store and of lookups, without the import path: records are given as values,
// and go through ShardWriter, buildPages and publish as an import's would.

import { join } from 'node:path';
import { encodeKey, type KeyValue } from '../../src/keys/encode.js';
import type { StorePlace } from '../../src/store/files/blobs.js';
import { files } from '../../src/store/files/file-blobs.js';
import { prepareStoreDirectory, shardFileName, shardPath } from '../../src/store/files/layout.js';
import { LmdbCatalog } from '../../src/store/lmdb/catalog.js';
import { type Memory, memory, placeOf } from '../../src/store/lock/memory-place.js';
import { type PageBatch, PageBatcher } from '../../src/store/pages/batch.js';
import { compareEntries } from '../../src/store/pages/merge-page.js';
import { entryCount } from '../../src/store/pages/read.js';
import { buildPages } from '../../src/store/pages/write.js';
import { collectGarbage } from '../../src/store/publish/garbage.js';
import type { Publication, PublishMode, PublishResult } from '../../src/store/publish/publication.js';
import { publish, reserveShards } from '../../src/store/publish/publisher.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import type { Catalog, Entry, KeyRule } from '../../src/store/types.js';
import { makeDirectory } from './import-files.js';

/** A record as a test gives it. `text` is its line; where `name` is given the line is `{"key":…,"value":…}`. */
export interface TestRecord {
  readonly text: string;
  readonly key?: KeyValue;
  readonly name?: string;
  /** Values by secondary index. */
  readonly indexed?: readonly (readonly KeyValue[])[];
}

export interface BuildOptions {
  readonly name?: string;
  readonly mode?: PublishMode;
  readonly onDuplicate?: 'last' | 'first' | 'error';
  readonly key?: KeyRule;
  readonly indexPaths?: readonly string[];
  readonly recordsPerFrame?: number;
  readonly recordsPerShard?: number;
  readonly pagesInPlace?: number | undefined;
  /** Whether all the indexes are unique. */
  readonly isUnique?: boolean;
  readonly uniqueRepeatsMax?: number;
}

export const temporaryDirectory = makeDirectory;

/** Where a test's store is: the same suites run over all of them. */
export interface TestPlace extends StorePlace {
  readonly isDisk: boolean;
  /** What to open. */
  readonly where: string | Memory;
  openCatalog(): Promise<Catalog>;
  remove(): void;
}

/** Ways to make an empty place. */
export const PLACES: readonly (readonly [string, () => TestPlace])[] = [
  [
    'on disk',
    () => {
      const { path, remove } = temporaryDirectory();
      const place = onDisk(join(path, 'store'));
      return {
        ...place,
        isDisk: true,
        where: place.directory,
        openCatalog: () => openCatalog(place.directory),
        remove,
      };
    },
  ],
  [
    'in memory',
    () => {
      const where = memory();
      const place = placeOf(where);
      const opening = () => place.openCatalog({ create: true, readOnly: false });
      return { ...place, isDisk: false, where, openCatalog: opening, remove: () => {} };
    },
  ],
];

export function onDisk(directory: string): StorePlace {
  return { directory, blobs: files };
}

export function openCatalog(store: string): Promise<LmdbCatalog> {
  return LmdbCatalog.open(prepareStoreDirectory(store, true), { create: true, readOnly: false });
}

/** Publishes records; of several with one key the last stays (or the first), as in an import. */
export async function publishRecords(
  catalog: Catalog,
  store: string | StorePlace,
  records: readonly TestRecord[],
  options: BuildOptions = {},
): Promise<PublishResult> {
  const place = typeof store === 'string' ? onDisk(store) : store;
  const { name = 'records', mode = 'replace', onDuplicate = 'last', indexPaths = [], pagesInPlace } = options;
  const { isUnique = false, uniqueRepeatsMax } = options;
  const key = options.key ?? { kind: 'path', path: 'id' };
  const { recordsPerFrame = 7, recordsPerShard = 50 } = options;
  const shardCount = Math.max(1, Math.ceil(records.length / recordsPerShard));
  const firstShard = await reserveShards(catalog, shardCount);
  const entries: Entry[][] = [[], ...indexPaths.map(() => [])];
  const dead = new Map<number, number[]>();
  const winners = new Map<string, Entry>();
  const shards = [];
  let replaced = 0;
  for (let i = 0; i < shardCount; i++) {
    const shard = firstShard + i;
    const file = shardFileName(shard);
    const part = records.slice(i * recordsPerShard, (i + 1) * recordsPerShard);
    part.forEach((record, ordinal) => {
      record.indexed?.forEach((values, index) => {
        for (const value of values) entries[index + 1]?.push({ key: encodeKey(value, 'cut'), shard, ordinal });
      });
      if (key.kind === 'ordinal') return;
      const entry = { key: encodeKey(record.key ?? record.name ?? null), shard, ordinal };
      const id = Buffer.from(entry.key).toString('hex');
      const other = winners.get(id);
      const loser = other && (onDuplicate === 'first' ? entry : other);
      if (other === undefined || loser === other) winners.set(id, entry);
      if (loser !== undefined) {
        replaced++;
        const ordinals = dead.get(loser.shard);
        if (ordinals === undefined) dead.set(loser.shard, [loser.ordinal]);
        else ordinals.push(loser.ordinal);
      }
    });
    const summary = writeShard(place, file, part, recordsPerFrame);
    const named = key.kind === 'name';
    shards.push({ shard, fileNumber: shard, file, named, source: { file: 'test', from: 0, to: 0 }, ...summary });
  }
  entries[0] = [...winners.values()];
  const pages = entries.map((list, index) => {
    return batchOf(index, buildPages(list.sort(compareEntries)));
  });
  if (key.kind === 'ordinal') pages.shift();
  const stored = records.length - replaced;
  const counts = { read: records.length, stored, rejected: 0, replaced };
  const publication: Publication = {
    ...{ name, framing: key.kind === 'name' ? 'object' : 'lines', key, mode, shards, onDuplicate, indexPaths },
    ...{ sourceBytes: records.length, ...(pagesInPlace !== undefined && { pagesInPlace }) },
    ...(isUnique && { uniquePaths: indexPaths }),
    ...(uniqueRepeatsMax !== undefined && { uniqueRepeatsMax }),
  };
  const result = await publish(catalog, publication, pages, () => ({ counts, dead }));
  await collectGarbage(catalog, place);
  return result;
}

function batchOf(index: number, pages: readonly Uint8Array[]): PageBatch {
  const batcher = new PageBatcher(index, new Uint8Array(pages.reduce((sum, page) => sum + page.byteLength, 0)));
  for (const page of pages) batcher.add(page, entryCount(page));
  return batcher.finish();
}

export function lineOf(record: TestRecord): string {
  return record.name === undefined ? record.text : `{"key":${JSON.stringify(record.name)},"value":${record.text}}`;
}

export function writeShard(
  { directory, blobs }: StorePlace,
  file: string,
  records: readonly TestRecord[],
  recordsPerFrame: number,
) {
  const writer = ShardWriter.create(blobs, shardPath(directory, file));
  for (let at = 0; at < records.length; at += recordsPerFrame) {
    const part = records.slice(at, at + recordsPerFrame);
    writer.append(Buffer.from(part.map((record) => `${lineOf(record)}\n`).join('')), part.length);
  }
  return writer.finish();
}
