// [repair]: shards > entries > pages > index in place
//
// Case b: the catalog is lost. Shards say which import they are of (store/shards/origin.ts), and imports are published once more
// from their shards, in order, by the same rules as the first time. Which ones: imports.ts.

import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, GristmillError } from '../../base/errors.js';
import type { Blobs } from '../../store/files/blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import { isShardFileName, SHARDS_DIRECTORY, shardFileName, shardPath } from '../../store/files/layout.js';
import type { NewShard, Publication } from '../../store/publish/publication.js';
import { type Beside, publish, reserveShards } from '../../store/publish/publisher.js';
import { newKeySalt, secretsOf } from '../../store/seal/hidden-keys.js';
import { type EvolvedOrigin, historyIn } from '../../store/shapes/evolved.js';
import { Forms } from '../../store/shards/forms.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { ShardTail, shardKeyIn } from '../../store/shards/tail.js';
import type { Catalog } from '../../store/types.js';
import { bitsOf, deadOf, setBit } from '../salvage/dead-records.js';
import { damageOf } from '../salvage/frames.js';
import { type Part, partsOf } from '../salvage/parts.js';
import type { SalvageResult } from '../salvage/task.js';
import {
  continueGenerations,
  type EvolvedCollections,
  evolvedAmong,
  noteOn,
  otherVersions,
} from '../salvage/versions.js';
import type { Fault } from '../verify/faults.js';
import { type ChosenImport, chooseImports, type Found, type Import } from './imports.js';
import { restoreIndexFacts } from './index-facts.js';
import type { RepairReport } from './options.js';
import type { Rebuild, ShardJob } from './rebuild.js';

/** Files with higher numbers are none of ours: what is written again gets the next ones, which must be 32 bits too. */
const FILE_NUMBER_MAX = 2 ** 31;
/** Errors that say that shards do not make sense together. */
const THEIRS: ReadonlySet<string> = new Set([
  'CHECKSUM_MISMATCH',
  'COLLECTION_MISMATCH',
  'COUNT_MISMATCH',
  'DUPLICATE_KEY',
  'MIGRATION_FAILED',
] satisfies ErrorCode[]);

export interface ShardsRepair {
  readonly store: string;
  readonly blobs: Blobs;
  readonly catalog: Catalog;
  readonly rebuildFor: (id: string) => Rebuild;
  readonly lost: Fault[];
  readonly unused: RepairReport['unused'][number][];
  readonly notes: string[];
  readonly pause: () => Promise<void>;
}

/** The indexes of a collection: those of its last import. Others may have been made or dropped since the imports before. */
type Indexed = Pick<ShardOrigin, 'indexes' | 'positions' | 'unique' | 'kept'>;

/** What all files say. */
interface Said {
  /** Of each import its shards, by number. */
  readonly imports: Map<number, Map<number, Found>>;
  /** Numbers of shards, or of files, that do not say what they are. */
  readonly damaged: Set<number>;
  /** Number of the last file, and of the last shard in it. */
  readonly last: number;
}

/** Looks at all files. */
async function readAll({ store, blobs, unused, lost, pause }: ShardsRepair): Promise<Said> {
  const damaged = new Set<number>();
  const imports = new Map<number, Map<number, Found>>();
  let last = 0;
  /** Of each shard what its import says: the first file decides. */
  const said = new Map<number, string>();
  for (const file of readdirSync(join(store, SHARDS_DIRECTORY)).sort()) {
    await pause();
    const number = Number.parseInt(file, 10);
    if (!isShardFileName(file, number) || number > FILE_NUMBER_MAX) continue;
    const path = shardPath(store, file);
    const lose = (message: string, offset = 0): void => void lost.push({ kind: 'shard', file: path, offset, message });
    const parts =
      number > last ? partsIn(blobs, path) : `${path} has the number of a shard of the joined file before it`;
    if (typeof parts === 'string') {
      damaged.add(number);
      lose(parts);
      continue;
    }
    last = number;
    for (const part of parts) {
      // Those that move to files of their own get other numbers.
      const fileNumber = part.mustMove ? number : last++;
      const found = lookAt(blobs, path, part);
      const why = typeof found === 'string' ? found : misfit(found.origin, number, part, said, path);
      if (typeof found === 'string' || why !== undefined) {
        damaged.add(part.shard ?? number);
        lose(why as string, part.region?.at);
        continue;
      }
      const { origin, shape } = found;
      const held = imports.get(origin.import) ?? new Map<number, Found>();
      imports.set(origin.import, held);
      const twin = held.get(origin.shard);
      // A shard that was written again is newer under the same number.
      if (twin !== undefined)
        unused.push({ file: twin.file, why: `${file} has a newer version of shard ${origin.shard}` });
      held.set(origin.shard, { ...part, origin, shape, shard: origin.shard, fileNumber, file });
    }
    last = Math.max(number, last - 1);
  }
  return { imports, damaged, last };
}

/** Publishes what the shards of a store hold into a new catalog. */
export async function rebuildFromShards(repair: ShardsRepair): Promise<void> {
  const { store, catalog, unused, notes, lost } = repair;
  const { imports, damaged, last } = await readAll(repair);
  await reserveShards(catalog, last);
  const all = [...imports.values()].map((held): Import => importOf([...held.values()]));
  const evolved = evolvedAmong(all.flatMap(({ shards }) => shards));
  await continueGenerations(catalog, evolved);
  const usable = all.flatMap(({ shards }) => {
    const left = shards.filter((found) => isUsable(repair, found, evolved, damaged));
    return left.length === 0 ? [] : importOf(left);
  });
  const chosen = chooseImports(repair, usable, damaged);
  unused.push(...chosen.unused);
  notes.push(...chosen.notes);
  const indexed = new Map<string, Indexed>();
  for (const { origin, isDoubtful } of chosen.imports) {
    const { collection } = origin;
    if (!isDoubtful || !indexed.has(collection)) indexed.set(collection, { ...origin, ...evolved.get(collection) });
  }
  for (const one of chosen.imports) {
    const rebuild = repair.rebuildFor(`shards-${one.origin.import}`);
    try {
      const { collection } = one.origin;
      await publishAgain(repair, rebuild, one, indexed.get(collection)!, evolved.get(collection));
    } catch (error) {
      // The others can be published all the same.
      rebuild.discard();
      const message = `its import cannot be published again: ${reasonOf(error)}`;
      const { collection } = one.origin;
      for (const file of new Set(one.shards.map((shard) => shard.file))) {
        lost.push({ kind: 'shard', file: shardPath(store, file), offset: 0, collection, message });
      }
    }
  }
  for (const [collection, facts] of indexed) {
    await restoreIndexFacts(repair, collection, facts);
    const versions = evolved.get(collection);
    if (versions) notes.push(noteOn(collection, versions));
  }
}

function importOf(shards: Found[]): Import {
  return { origin: (shards[0] as Found).origin, shards };
}

/** Whether the versions of its collection are those that a shard knows. If not, it is lost. */
function isUsable({ store, lost }: ShardsRepair, found: Found, evolved: EvolvedCollections, damaged: Set<number>) {
  const message = otherVersions(found, evolved);
  if (message === undefined) return true;
  damaged.add(found.shard);
  const place = { file: shardPath(store, found.file), offset: found.region?.at ?? 0 };
  lost.push({ kind: 'shard', ...place, collection: found.origin.collection, message });
  return false;
}

/** What is wrong with what shards say, or with what is in them. @throws what else keeps an import from being published */
function reasonOf(error: unknown): string {
  const isTheirs = error instanceof TypeError || (error instanceof GristmillError && THEIRS.has(error.code));
  // Whoever has the function can repair the store.
  if (error instanceof GristmillError && error.reason === 'NO_FUNCTION') throw error;
  if (isTheirs) return error.message;
  throw error;
}

/** What a shard says that contradicts its file, or other shards; `said` takes what it says. */
function misfit(origin: ShardOrigin, number: number, part: Part, said: Map<number, string>, path: string) {
  const { import: first, collection, mode, onDuplicate, framing, key, indexes, positions, shard } = origin;
  if (part.shard !== undefined && part.shard !== shard) return `${path} has shard ${shard} in place of ${part.shard}`;
  // A shard that is written again gets a later number.
  if (shard > number) return `${path} says that it is shard ${shard}, but a file of that shard has a greater number`;
  const facts = JSON.stringify([first, collection, mode, onDuplicate, framing, key, indexes, positions]);
  // The number of an import is that of its first shard.
  for (const one of [first, shard]) {
    const known = said.get(one);
    if (known !== undefined && known !== facts) return `${path} contradicts other shards of its import`;
  }
  said.set(first, facts).set(shard, facts);
  return undefined;
}

/** The shards of a file, or why it cannot be used. @throws GristmillError IO_ERROR, STORE_TOO_NEW */
function partsIn(blobs: Blobs, path: string): readonly Part[] | string {
  try {
    return partsOf(blobs, path);
  } catch (error) {
    return damageOf(error);
  }
}

/** What a shard says of itself, or why it cannot be used. @throws GristmillError IO_ERROR, STORE_TOO_NEW */
function lookAt(blobs: Blobs, path: string, { region }: Part): Pick<Found, 'origin' | 'shape'> | string {
  const unknown = `${path} does not say which import wrote it`;
  let why = unknown;
  try {
    const reader = ShardReader.open(blobs, path, undefined, region);
    try {
      const origin = originOf(reader);
      return origin === undefined ? unknown : { origin, shape: reader.shape };
    } finally {
      reader.close();
    }
  } catch (error) {
    why = damageOf(error);
  }
  // Its tables are damaged: the origin may be sound all the same.
  try {
    const file = blobs.open(path, 'shard');
    try {
      const window = new FileWindow(file, region);
      const { origin, shape } = new ShardTail(window, path, shardKeyIn(window, blobs, path));
      return origin === undefined ? why : { origin, shape: shape ?? origin.shape ?? 0 };
    } finally {
      file.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

async function publishAgain(
  repair: ShardsRepair,
  rebuild: Rebuild,
  { origin, shards, isDoubtful }: ChosenImport,
  { indexes, positions }: Indexed,
  evolved: EvolvedOrigin | undefined,
): Promise<void> {
  const { store, blobs, catalog, lost } = repair;
  const { collection: name } = origin;
  const keep = origin.onDuplicate === 'last' ? 'last' : 'first';
  const { named } = origin;
  const { key } = evolved ?? origin;
  const forms = evolved && new Forms(historyIn(evolved), evolved.shape);
  const keySalt = catalog.collection(name)?.keySalt ?? newKeySalt(blobs.seal, randomUUID(), name);
  const secrets = secretsOf(blobs.seal, { name, key, keySalt, secondary: indexes.map((path) => ({ path })) });
  const by = { key, indexes, positions, secrets, named, keep } as const;
  const firstFile = await reserveShards(catalog, shards.length);
  const jobs = shards.map(({ shard, shape, file, region, mustMove = false }, i): ShardJob => {
    const place = { path: shardPath(store, file), ...(region && { region }), mustMove };
    return { ...place, shard, route: forms?.routeOf({ shape }), dead: new Uint8Array(), newFileNumber: firstFile + i };
  });
  const entries: NewShard[] = [];
  const bitmaps = new Map<number, Uint8Array>();
  for await (const { job, result } of rebuild.salvage(jobs, by)) {
    const { shard, shape, origin: said, region, ...named } = shards[entries.length] as Found;
    for (const { offset, records, message } of result.faults) {
      const where = records && ` (ordinals ${records.from} to ${records.to - 1} of its shard)`;
      const place = { kind: 'frame', file: job.path as string, offset, collection: origin.collection } as const;
      lost.push({ ...place, message: `${message}${where ?? ''}` });
    }
    const { isRewritten, ...facts } = result.file as NonNullable<SalvageResult['file']>;
    const { newFileNumber } = job;
    const place = isRewritten
      ? { fileNumber: newFileNumber, file: shardFileName(newFileNumber, blobs.seal !== undefined) }
      : { fileNumber: named.fileNumber, file: named.file, ...(region && { at: region.at }) };
    entries.push({ shard, ...place, ...facts, named: said.named, source: said.source, shape });
    bitmaps.set(shard, deadOf(result, facts.records));
  }
  const records = entries.reduce((sum, entry) => sum + entry.records, 0);
  const settled = () => {
    for (const [shard, ordinals] of rebuild.dead) {
      for (const ordinal of ordinals) setBit(bitmaps.get(shard) as Uint8Array, ordinal);
    }
    const dead = new Map(Array.from(bitmaps, ([shard, bitmap]) => [shard, bitsOf(bitmap)]));
    const replaced = [...dead.values()].reduce((sum, ordinals) => sum + ordinals.length, 0);
    return { counts: { read: records, stored: records - replaced, rejected: 0, replaced }, dead };
  };
  const { framing } = origin;
  const { mode, onDuplicate } = isDoubtful ? ({ mode: 'insert', onDuplicate: 'first' } as const) : origin;
  const publication: Publication = {
    ...{ name, framing, key, shards: entries, indexPaths: indexes, ...(positions && { positions }) },
    ...(keySalt !== undefined && { keySalt }),
    ...(evolved && { shape: evolved.shape }),
    ...{ mode: catalog.collection(name) ? mode : 'replace', onDuplicate },
    sourceBytes: entries.reduce((sum, { source }) => sum + source.to - source.from, 0),
  };
  const after: Beside['after'] = (write, { manifest }) => {
    if (evolved) write.putHistory(manifest.id, historyIn(evolved));
  };
  await publish(catalog, publication, rebuild.pages(keep), settled, { after });
}
