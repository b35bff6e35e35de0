// [repair]: shards > entries > pages > index in place
//
// Case b: the catalog is lost. Shards say which import they are of (shard-origin.ts), and imports are published once more
// from their shards, in order, by the same rules as the first time. Which ones: repair-imports.ts.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { files } from '../store/file-blobs.js';
import { FileWindow } from '../store/file-window.js';
import { SHARDS_DIRECTORY, shardFileName, shardPath } from '../store/files.js';
import { type NewShard, publish, reserveShards } from '../store/publish.js';
import { originOf, type ShardOrigin } from '../store/shard-origin.js';
import { ShardReader } from '../store/shard-read.js';
import { ShardTail } from '../store/shard-tail.js';
import { isDead } from '../store/tombstones.js';
import type { Catalog } from '../store/types.js';
import type { Fault } from './faults.js';
import type { Rebuild, ShardJob } from './rebuild.js';
import { type ChosenImport, chooseImports, type Found, type Import } from './repair-imports.js';
import type { RepairReport } from './repair-options.js';
import { damageOf } from './salvage-frames.js';
import type { SalvageResult } from './salvage-shard.js';

export interface ShardsRepair {
  readonly store: string;
  readonly catalog: Catalog;
  readonly rebuildFor: (id: string) => Rebuild;
  readonly lost: Fault[];
  readonly unused: RepairReport['unused'][number][];
  readonly notes: string[];
  readonly pause: () => Promise<void>;
}

/** Publishes what the shards of a store hold into a new catalog. */
export async function rebuildFromShards(repair: ShardsRepair): Promise<void> {
  const { store, catalog, unused, notes, lost, pause } = repair;
  const damaged = new Set<number>();
  /** Of each import its shards, by number. */
  const imports = new Map<number, Map<number, Found>>();
  let last = 0;
  for (const file of readdirSync(join(store, SHARDS_DIRECTORY)).sort()) {
    await pause();
    const number = Number.parseInt(file, 10);
    if (shardFileName(number) !== file) continue;
    last = Math.max(last, number);
    const origin = lookAt(shardPath(store, file));
    if (typeof origin === 'string') {
      damaged.add(number);
      lost.push({ kind: 'shard', file: shardPath(store, file), offset: 0, message: origin });
      continue;
    }
    const held = imports.get(origin.import) ?? new Map<number, Found>();
    imports.set(origin.import, held);
    const twin = held.get(origin.shard);
    // A shard that was written again is newer under the same number.
    if (twin !== undefined) unused.push({ file: twin.file, why: `it was written again as ${file}` });
    held.set(origin.shard, { origin, shard: origin.shard, fileNumber: number, file });
  }
  await reserveShards(catalog, last);
  const all = [...imports.values()].map((held): Import => {
    const shards = [...held.values()];
    return { origin: (shards[0] as Found).origin, shards };
  });
  const chosen = chooseImports(store, all, damaged);
  unused.push(...chosen.unused);
  notes.push(...chosen.notes);
  for (const one of chosen.imports) await publishAgain(repair, one);
}

/** What a file says of its shard, or why it cannot be used. @throws GristmillError IO_ERROR, STORE_TOO_NEW */
function lookAt(path: string): ShardOrigin | string {
  const unknown = `${path} does not say which import it is of`;
  let why = unknown;
  try {
    const reader = ShardReader.open(files, path);
    try {
      return originOf(reader) ?? unknown;
    } finally {
      reader.close();
    }
  } catch (error) {
    why = damageOf(error);
  }
  // Its tables are damaged: the origin may be sound all the same.
  try {
    const file = files.open(path, 'shard');
    try {
      return new ShardTail(new FileWindow(file), path).origin ?? why;
    } finally {
      file.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

async function publishAgain(repair: ShardsRepair, { origin, shards, isDoubtful }: ChosenImport): Promise<void> {
  const { store, catalog, lost } = repair;
  const keep = origin.onDuplicate === 'last' ? 'last' : 'first';
  const rebuild = repair.rebuildFor(`shards-${origin.import}`);
  const by = { key: origin.key, indexes: origin.indexes, named: origin.named, keep } as const;
  const firstFile = await reserveShards(catalog, shards.length);
  const jobs = shards.map(({ shard, file }, i): ShardJob => {
    return { shard, dead: new Uint8Array(), path: shardPath(store, file), newFileNumber: firstFile + i };
  });
  const entries: NewShard[] = [];
  const dead = new Map<number, number[]>();
  for await (const { job, result } of rebuild.salvage(jobs, by)) {
    const { shard, origin: said, ...named } = shards[entries.length] as Found;
    for (const { offset, records, message } of result.faults) {
      const where = records && ` (ordinals ${records.from} to ${records.to - 1} of its shard)`;
      const place = { kind: 'frame', file: job.path as string, offset, collection: origin.collection } as const;
      lost.push({ ...place, message: `${message}${where ?? ''}` });
    }
    const { isRewritten, ...facts } = result.file as NonNullable<SalvageResult['file']>;
    const fileNumber = isRewritten ? job.newFileNumber : named.fileNumber;
    const place = { shard, fileNumber, file: shardFileName(fileNumber) };
    entries.push({ ...place, ...facts, named: said.named, source: said.source });
    dead.set(shard, deadOf(result, facts.records));
  }
  const records = entries.reduce((sum, entry) => sum + entry.records, 0);
  /** Known when the pages have been taken. */
  const counts = () => {
    for (const [shard, ordinals] of rebuild.dead) {
      const all = dead.get(shard);
      for (const ordinal of ordinals) all?.push(ordinal);
    }
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

/** Records without a line, and those that are no records. */
function deadOf({ holes, faults }: SalvageResult, records: number): number[] {
  const bitmap = new Uint8Array(Math.ceil(records / 8));
  if (holes) bitmap.set(holes.subarray(0, bitmap.byteLength));
  for (const { records: range } of faults) {
    for (let ordinal = range?.from ?? 0; ordinal < (range?.to ?? 0); ordinal++) {
      bitmap[ordinal >>> 3]! |= 1 << (ordinal & 7);
    }
  }
  const dead: number[] = [];
  for (let ordinal = 0; ordinal < records; ordinal++) if (isDead(bitmap, ordinal)) dead.push(ordinal);
  return dead;
}
