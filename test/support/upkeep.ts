// Small stores that have one of everything: shards, secondary indexes, named records, tombstones, inline records, holes.

import { type Collection, openStore, type Store } from '../../dist/src/index.js';
import { encodeKey } from '../../src/keys/encode.js';
import { isDead } from '../../src/store/catalog/tombstones.js';
import { files } from '../../src/store/files/file-blobs.js';
import { shardFileName, shardPath } from '../../src/store/files/layout.js';
import { mergeInPlace } from '../../src/store/pages/merge.js';
import { reserveShards } from '../../src/store/publish/publisher.js';
import { Holes } from '../../src/store/shards/holes.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import type { Catalog, CollectionManifest, ShardEntry } from '../../src/store/types.js';
import { openCatalog, publishRecords, type TestRecord } from './build-store.js';

/** Live records as text by key, by collection: what a Map remembers of all that was put. */
export type Oracle = ReadonlyMap<string, ReadonlyMap<string | number, string>>;

/** Makes the store; returns what it holds. */
export async function buildEverything(directory: string, records = 60): Promise<Oracle> {
  const catalog = await openCatalog(directory);
  const keyed = new Map<number, string>();
  const named = new Map<string, string>();
  const plain = new Map<number, string>();
  const put = (id: number, version: number): TestRecord => {
    const text = JSON.stringify({ id, version, tags: [`t${id % 5}`, `v${version}`] });
    keyed.set(id, text);
    return { key: id, text, indexed: [[`t${id % 5}`, `v${version}`]] };
  };
  const options = { indexPaths: ['tags'], recordsPerShard: 25 };
  const all = Array.from({ length: records }, (_, id) => put(id, 1));
  await publishRecords(catalog, directory, all, options);
  const some = [3, 4, 5, 11].map((id) => put(id, 2));
  await publishRecords(catalog, directory, some, { ...options, mode: 'upsert' });
  await addInline(catalog, 'records', [put(records, 3), put(records + 1, 3)]);
  await rewriteFirstShard(catalog, directory, 'records');

  const members = Array.from({ length: 9 }, (_, i): TestRecord => {
    named.set(`n${i}`, `{"value":${i}}`);
    return { name: `n${i}`, text: `{"value":${i}}` };
  });
  await publishRecords(catalog, directory, members, { name: 'named', key: { kind: 'name' } });
  const rows = Array.from({ length: 8 }, (_, i): TestRecord => {
    plain.set(i, `{"row":${i}}`);
    return { text: `{"row":${i}}` };
  });
  await publishRecords(catalog, directory, rows, { name: 'plain', key: { kind: 'ordinal' } });
  plain.set(8, '{"row":8}');
  await addInline(catalog, 'plain', [{ text: '{"row":8}' }]);
  await catalog.close();
  return new Map<string, ReadonlyMap<string | number, string>>([
    ['records', keyed],
    ['named', named],
    ['plain', plain],
  ]);
}

/** What a transaction that puts new records does: an inline shard, its records, their index entries. */
export async function addInline(catalog: Catalog, name: string, records: readonly TestRecord[]): Promise<void> {
  const shard = await reserveShards(catalog, 1);
  const manifest = catalog.collection(name) as CollectionManifest;
  const last = catalog.shards(manifest).at(-1) as ShardEntry;
  const firstOrdinal = last.firstOrdinal + last.records;
  const none = { holes: 0, frames: 0, plainBytes: 0, storedBytes: 0, sha256: '', named: last.named };
  const source = { file: '', from: 0, to: 0 };
  const open = { shard, fileNumber: 0, file: '', records: records.length, firstOrdinal, ...none, source };
  await catalog.transaction((write) => {
    records.forEach(({ text }, ordinal) => void write.putInlineRecord(shard, ordinal, Buffer.from(text)));
    const indexes = [manifest.primary, ...manifest.secondary].map((index, i) => {
      if (index === undefined) return index;
      const keys = records.flatMap(({ key, indexed }, ordinal) =>
        (i === 0 ? [key ?? null] : (indexed?.[i - 1] ?? [])).map((value) => ({
          key: encodeKey(value),
          shard,
          ordinal,
        })),
      );
      keys.sort((a, b) => Buffer.compare(a.key, b.key) || a.ordinal - b.ordinal);
      let { entries, pages } = index;
      for (const change of [...mergeInPlace(catalog, index, keys, i === 0 ? (_, added) => added : undefined)]) {
        if (change.remove) write.deletePage(change.remove);
        for (const page of change.pages) write.putPage(index.tree, page);
        entries += change.entriesGained;
        pages += change.pagesGained;
      }
      return { ...index, entries, pages };
    });
    const header = catalog.header();
    const generation = header.generation + 1;
    write.putHeader({ ...header, generation });
    const [primary, ...secondary] = indexes;
    write.putCollection({
      ...manifest,
      ...(primary && { primary }),
      secondary: secondary as CollectionManifest['secondary'],
      ...{ open, generation, layout: generation, shards: manifest.shards + 1 },
      records: manifest.records + records.length,
      inline: manifest.inline + records.length,
    });
  });
}

/** What compaction does: a shard's file without its dead records, whose ordinals become holes. */
export async function rewriteFirstShard(catalog: Catalog, directory: string, name: string): Promise<void> {
  const fileNumber = await reserveShards(catalog, 1);
  const manifest = catalog.collection(name) as CollectionManifest;
  const [entry] = catalog.shards(manifest) as [ShardEntry];
  const dead = catalog.tombstones(entry);
  const reader = ShardReader.open(files, shardPath(directory, entry.file), entry);
  const file = shardFileName(fileNumber);
  const writer = ShardWriter.create(files, shardPath(directory, file));
  for (let index = 0; index < reader.frames; index++) {
    const lines = reader.readFrameSync(index).toString().split('\n').slice(0, -1);
    const live = lines.filter((_, i) => !isDead(dead, reader.firstLine(index) + i));
    writer.append(Buffer.from(live.map((line) => `${line}\n`).join('')), live.length);
  }
  const origin = reader.sections().get(0x184d2a52);
  reader.close();
  const holes = new Holes(entry.records, dead);
  const summary = writer.finish(origin && JSON.parse(origin.toString()), holes);
  await catalog.transaction((write) => {
    const header = catalog.header();
    const generation = header.generation + 1;
    write.putHeader({ ...header, generation });
    write.putShard(manifest.id, { ...entry, ...summary, file, fileNumber });
    write.putCollection({ ...manifest, generation, layout: generation, holes: manifest.holes + summary.holes });
    write.putGarbage({ files: [{ file: entry.file, after: 0 }], trees: [], inline: [] });
  });
}

/** Something to read a collection of. */
export interface Readable {
  collection(name: string): Pick<Collection, 'getTextSync' | 'scanText'>;
}

/** Reads every record there is in each way, and compares. @returns errors by code; anything wrong throws. */
export async function readAll(store: Readable, oracle: Oracle, scan = true): Promise<string[]> {
  const codes: string[] = [];
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (typeof code !== 'string' || !/^[A-Z]+_[A-Z_]+$/.test(code)) throw error;
      codes.push(code);
    }
  };
  for (const [name, records] of oracle) {
    await attempt(async () => {
      const collection = store.collection(name);
      for (const [key, text] of records) {
        await attempt(() => {
          const found = collection.getTextSync(key);
          if (found !== text) throw new Error(`wrong record ${key} of ${name}: ${found}`);
        });
      }
      if (!scan) return;
      await attempt(async () => {
        const texts: string[] = [];
        for await (const scanned of collection.scanText()) texts.push(scanned.text);
        const expected = [...records.values()].sort();
        if (JSON.stringify(texts.sort()) !== JSON.stringify(expected)) throw new Error(`wrong scan of ${name}`);
      });
    });
  }
  return codes;
}

export const openReadOnly = (directory: string): Promise<Store> => openStore(directory, { readOnly: true });

/** Everything a collection answers. */
export async function contents(store: Store): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const name of store.collections().sort()) {
    const collection = store.collection(name);
    const ranged: unknown[] = [];
    for await (const { key, value } of collection.range()) ranged.push([key, value]);
    const { indexes, records } = store.stat().collections.find((stat) => stat.name === name)!;
    const secondary: Record<string, unknown[]> = {};
    for (const { path } of indexes.slice(1)) {
      const found: unknown[] = [];
      for await (const { key, value } of collection.range({ index: path })) found.push([key, value]);
      secondary[String(path)] = found;
    }
    const texts: string[] = [];
    for await (const { text } of collection.scanText()) texts.push(text);
    found[name] = { ranged, secondary, texts, records };
  }
  return found;
}

/** Lines of records with these ids. */
export const versions = (from: number, to: number, version: number): string =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ id: from + i, version })).join('\n');
