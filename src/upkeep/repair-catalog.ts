// [repair]: shards > entries > pages > index in place
//
// Case a: the catalog's values are sound and only pages are not. Everything is kept and the trees are made anew. Where a
// shard's file is damaged too, its unreadable records are marked dead and become holes.

import { shardFileName, shardPath } from '../store/files.js';
import { NewTrees } from '../store/new-trees.js';
import type { ShardSummary } from '../store/shard-write.js';
import { isDead, TombstoneMarks } from '../store/tombstones.js';
import type { Catalog, CatalogRead, CollectionManifest, IndexManifest, ShardEntry } from '../store/types.js';
import type { Fault } from './faults.js';
import type { Rebuild, ShardJob } from './rebuild.js';

const BATCH = 1024;

/** What a collection is rebuilt with. */
export interface CatalogRepair {
  readonly store: string;
  readonly old: CatalogRead;
  readonly catalog: Catalog;
  readonly rebuild: Rebuild;
  readonly lost: Fault[];
}

/**
 * Copies all that is no page; trees get their numbers when they are made. Files in the garbage stay there, and imports can
 * still be resumed. What a dead writer left is said in an abandoned lock record: the next to open the store sweeps it.
 */
export async function copyValues(old: CatalogRead, catalog: Catalog): Promise<void> {
  const header = old.header();
  const lock = old.lock();
  await catalog.transaction((write) => {
    write.putHeader({ ...header, nextTree: 1, generation: header.generation + 1 });
    write.putGarbage({ files: old.garbage().files, trees: [], inline: [] });
    write.putResumable(old.resumable());
    if (lock?.left) write.putLock({ ...lock, isAbandoned: true });
  });
  for (const manifest of old.collections()) {
    for (const entry of old.shards(manifest)) {
      await catalog.transaction((write) => {
        if (entry.shard !== manifest.open?.shard) write.putShard(manifest.id, entry);
        const state = old.tombstoneState(entry.shard);
        if (state === undefined) return;
        write.putTombstoneState(entry.shard, state);
        for (let chunk = 0; chunk * 1984 * 8 < entry.records; chunk++) {
          const bitmap = old.tombstoneChunk(entry.shard, chunk);
          if (bitmap !== undefined) write.putTombstoneChunk(entry.shard, chunk, bitmap);
        }
      });
      if (entry.fileNumber !== 0) continue;
      for (let from = 0; from < entry.records; ) {
        const records = old.inlineRecords(entry.shard, from, BATCH);
        if (records.length === 0) break;
        await catalog.transaction((write) => {
          for (const { ordinal, line } of records) write.putInlineRecord(entry.shard, ordinal, line);
        });
        from = (records.at(-1)?.ordinal as number) + 1;
      }
    }
  }
}

/** @returns live records */
export async function rebuildCollection(repair: CatalogRepair, manifest: CollectionManifest): Promise<number> {
  const { store, old, catalog, rebuild, lost } = repair;
  const shards = old.shards(manifest);
  const files = new Map<number, number>();
  await catalog.transaction((write) => {
    const header = catalog.header();
    shards.forEach(({ shard }, i) => void files.set(shard, header.nextShard + i));
    write.putHeader({ ...header, nextShard: header.nextShard + shards.length });
  });
  const entries = new Map(shards.map((entry) => [entry.shard, entry]));
  const marks = new TombstoneMarks((shard) => entries.get(shard)?.records, old);
  const rewritten = new Map<number, ShardSummary>();
  const jobs = shards.map((entry) => jobOf(entry, old, store, files.get(entry.shard) as number));
  const indexes = manifest.secondary.map(({ path }) => path);
  for (const named of [false, true]) {
    const some = jobs.filter(({ shard }) => entries.get(shard)?.named === named);
    const by = { key: manifest.key, indexes, named, keep: 'last' } as const;
    for await (const { job, result } of rebuild.salvage(some, by)) {
      const { firstOrdinal } = entries.get(job.shard) as ShardEntry;
      for (const { offset, from, to, message } of result.faults) {
        const records = { from: firstOrdinal + from, to: firstOrdinal + to };
        lost.push({
          kind: 'frame',
          file: job.path ?? catalog.file,
          offset,
          collection: manifest.name,
          records,
          message,
        });
      }
      for (const ordinal of result.lost) if (!marks.isDead(job.shard, ordinal)) marks.mark(job.shard, ordinal);
      if (result.rewritten) rewritten.set(job.shard, result.rewritten);
    }
  }
  const trees = new NewTrees(catalog);
  for await (const { index, pages } of rebuild.pages('last')) for (const page of pages) await trees.add(index, page);
  await catalog.transaction((write) => {
    trees.of(0);
    const made = [0, ...indexes.map((_, i) => i + 1)].map((index) => trees.of(index));
    trees.write(write);
    const indexed = (index: IndexManifest, i: number): IndexManifest => {
      const { tree, entries: count, pages } = made[i] as (typeof made)[number];
      return { path: index.path, tree, entries: count, pages };
    };
    const { generation } = catalog.header();
    let holes = 0;
    for (const entry of shards) {
      const summary = rewritten.get(entry.shard);
      const fileNumber = files.get(entry.shard) as number;
      const now = summary ? { ...entry, ...summary, fileNumber, file: shardFileName(fileNumber) } : entry;
      holes += now.holes;
      if (summary) write.putShard(manifest.id, now);
    }
    marks.write(catalog, write, generation);
    const dead = manifest.dead + marks.added;
    write.putCollection({
      ...manifest,
      ...(manifest.primary && { primary: indexed(manifest.primary, 0) }),
      secondary: manifest.secondary.map((index, i) => indexed(index, i + 1)),
      ...{ generation, layout: generation, dead, holes, records: manifest.records - marks.added },
    });
  });
  return manifest.records - marks.added;
}

function jobOf(entry: ShardEntry, old: CatalogRead, store: string, fileNumber: number): ShardJob {
  const { shard, records } = entry;
  const dead = old.tombstones(shard);
  const rewrittenPath = shardPath(store, shardFileName(fileNumber));
  if (entry.fileNumber !== 0) return { shard, records, dead, rewrittenPath, path: shardPath(store, entry.file) };
  const live = old.inlineRecords(shard, 0, records).filter(({ ordinal }) => !isDead(dead, ordinal));
  const ordinals = Uint32Array.from(live, ({ ordinal }) => ordinal);
  return { shard, records, dead, rewrittenPath, ordinals, lines: live.map(({ line }) => line) };
}
