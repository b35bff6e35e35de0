// [repair]: shards > entries > pages > index in place
//
// Case b: the catalog is lost. Shards say which import they are of (shard-origin.ts), and imports are published once more
// from their shards, in order, by the same rules as the first time. Which ones: repair-imports.ts.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { files } from '../store/file-blobs.js';
import { SHARDS_DIRECTORY, shardFileName, shardPath } from '../store/files.js';
import { type NewShard, publish, reserveShards } from '../store/publish.js';
import { originOf } from '../store/shard-origin.js';
import { ShardReader } from '../store/shard-read.js';
import type { Catalog } from '../store/types.js';
import type { Fault } from './faults.js';
import type { Rebuild, ShardJob } from './rebuild.js';
import { type ChosenImport, chooseImports, type Found, type Import } from './repair-imports.js';
import type { RepairReport } from './repair-options.js';

export interface ShardsRepair {
  readonly store: string;
  readonly catalog: Catalog;
  readonly rebuildFor: (id: string) => Rebuild;
  readonly lost: Fault[];
  readonly unused: RepairReport['unused'][number][];
  readonly notes: string[];
}

/** Publishes what the shards of a store hold into a new catalog. */
export async function rebuildFromShards(repair: ShardsRepair): Promise<void> {
  const { store, catalog, unused, notes, lost } = repair;
  const damaged = new Set<number>();
  const imports = new Map<number, Import>();
  let last = 0;
  for (const file of readdirSync(join(store, SHARDS_DIRECTORY)).sort()) {
    const number = Number.parseInt(file, 10);
    if (shardFileName(number) !== file) continue;
    last = Math.max(last, number);
    const found = lookAt(store, file, number);
    if (typeof found === 'string') {
      damaged.add(number);
      lost.push({ kind: 'shard', file: shardPath(store, file), offset: 0, message: found });
      continue;
    }
    const held = imports.get(found.origin.import) ?? { origin: found.origin, shards: [] };
    imports.set(found.origin.import, held);
    const twin = held.shards.findIndex(({ shard }) => shard === found.shard);
    // A shard that was written again is newer under the same number.
    if (twin >= 0) unused.push({ file: held.shards[twin]!.file, why: `it was written again as ${file}` });
    held.shards.splice(twin >= 0 ? twin : held.shards.length, twin >= 0 ? 1 : 0, found);
  }
  await reserveShards(catalog, last);
  const chosen = chooseImports(store, [...imports.values()], damaged);
  unused.push(...chosen.unused);
  notes.push(...chosen.notes);
  for (const one of chosen.imports) await publishAgain(repair, one);
}

/** A file's shard, or why it cannot be used. */
function lookAt(store: string, file: string, fileNumber: number): Found | string {
  const path = shardPath(store, file);
  try {
    const reader = ShardReader.open(files, path);
    try {
      const origin = originOf(reader);
      if (origin === undefined) return `${path} does not say which import it is of`;
      const { records, frames } = reader;
      const { shard, named, source } = origin;
      const storedBytes = statSync(path).size;
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      const holes = records - reader.firstLine(frames);
      let plainBytes = 0;
      for (let index = 0; index < frames; index++) plainBytes += reader.plainBytesOf(index);
      const facts = { records, holes, frames, plainBytes, storedBytes, sha256, named, source };
      return { origin, shard, fileNumber, file, ...facts };
    } finally {
      reader.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

async function publishAgain(repair: ShardsRepair, { origin, shards, isDoubtful }: ChosenImport): Promise<void> {
  const { store, catalog, lost } = repair;
  const keep = origin.onDuplicate === 'last' ? 'last' : 'first';
  const rebuild = repair.rebuildFor(`shards-${origin.import}`);
  const by = { key: origin.key, indexes: origin.indexes, named: origin.named, keep } as const;
  const firstFile = await reserveShards(catalog, shards.length);
  const jobs = shards.map((entry, i): ShardJob => {
    const rewrittenPath = shardPath(store, shardFileName(firstFile + i));
    return { shard: entry.shard, dead: new Uint8Array(), path: shardPath(store, entry.file), rewrittenPath };
  });
  const entries: NewShard[] = [];
  const dead = new Map<number, number[]>();
  for await (const { job, result } of rebuild.salvage(jobs, by)) {
    const { origin: _, ...entry } = shards[entries.length] as Found;
    for (const { offset, from, to, message } of result.faults) {
      const where = `${message} (ordinals ${from} to ${to - 1} of its shard)`;
      lost.push({ kind: 'frame', file: job.path!, offset, collection: origin.collection, message: where });
    }
    const fileNumber = firstFile + entries.length;
    entries.push(
      result.rewritten ? { ...entry, ...result.rewritten, fileNumber, file: shardFileName(fileNumber) } : entry,
    );
    dead.set(entry.shard, [...holesOf(store, entries.at(-1) as NewShard)]);
  }
  const records = entries.reduce((sum, entry) => sum + entry.records, 0);
  /** Known when the pages have been taken. */
  const counts = () => {
    for (const [shard, ordinals] of rebuild.dead) dead.get(shard)?.push(...ordinals);
    rebuild.dead.clear();
    const replaced = [...dead.values()].reduce((sum, ordinals) => sum + ordinals.length, 0);
    return { read: records, stored: records - replaced, rejected: 0, replaced };
  };
  const { collection: name, framing, key, indexes } = origin;
  const { mode, onDuplicate } = isDoubtful ? ({ mode: 'insert', onDuplicate: 'first' } as const) : origin;
  await publish(catalog, {
    ...{ name, framing, key, shards: entries, dead, indexPaths: indexes, pages: rebuild.pages(keep) },
    ...{ mode: catalog.collection(name) ? mode : 'replace', onDuplicate },
    sourceBytes: entries.reduce((sum, { source }) => sum + source.to - source.from, 0),
    get counts() {
      return counts();
    },
  });
}

/** Records without a line were dead. */
function* holesOf(store: string, { file, holes }: NewShard): Generator<number> {
  if (holes === 0) return;
  const reader = ShardReader.open(files, shardPath(store, file));
  reader.close();
  for (let ordinal = 0; ordinal < reader.records; ordinal++) if (reader.holes?.has(ordinal)) yield ordinal;
}
