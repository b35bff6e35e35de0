// [repair]: shards > entries > pages > index in place
//
// Case a: the catalog's values are sound and only pages are not. Everything is kept and the trees are made anew. Where a
// shard's file is damaged too, its unreadable records are marked dead and become holes.

import type { GristmillError } from '../../base/errors.js';
import { isDead, TombstoneMarks } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import { withTree } from '../../store/publish/change-index.js';
import { NewTrees } from '../../store/publish/new-trees.js';
import { publishState } from '../../store/publish/publish-state.js';
import { schemaOf } from '../../store/publish/schema.js';
import { secretsOf } from '../../store/seal/hidden-keys.js';
import { type Forms, formsOf } from '../../store/shards/forms.js';
import { type LineForm, reshapedBytes } from '../../store/shards/line.js';
import { regionOf } from '../../store/shards/read.js';
import type {
  Catalog,
  CatalogRead,
  CollectionManifest,
  IndexManifest,
  InlineRecord,
  ShardEntry,
} from '../../store/types.js';
import { hasSoundEnd } from '../salvage/parts.js';
import type { SalvageResult } from '../salvage/task.js';
import type { Fault } from '../verify/faults.js';
import { copyRecords } from './copy-values.js';
import type { Rebuild, ShardJob } from './rebuild.js';

/** Records of an inline shard, taken together. */
const BATCH = 256;

/** What a collection is rebuilt with. */
export interface CatalogRepair {
  readonly store: string;
  readonly blobs: Blobs;
  readonly old: CatalogRead;
  readonly catalog: Catalog;
  readonly rebuild: Rebuild;
  readonly lost: Fault[];
  readonly pause: () => Promise<void>;
}

/**
 * Copies all that is no page; trees get their numbers when they are made. Files in the garbage stay there, and imports can
 * still be resumed. What a dead writer left is said in an abandoned lock record: the next to open the store sweeps it.
 */
export async function copyValues({
  old,
  catalog,
  pause,
}: Pick<CatalogRepair, 'old' | 'catalog' | 'pause'>): Promise<void> {
  const header = old.header();
  const lock = old.lock();
  await catalog.transaction((write) => {
    write.putHeader({ ...header, nextTree: 1, generation: header.generation + 1 });
    write.putGarbage({ files: old.garbage().files, trees: [], inline: [] });
    write.putResumable(old.resumable());
    if (lock?.left) write.putLock({ ...lock, isAbandoned: true });
  });
  await copyRecords({ old, catalog, pause });
}

/** Copies the schema of a collection. @returns the manifest: without it, where it is damaged */
export async function keepSchema(
  { old, catalog, notes }: Pick<CatalogRepair, 'old' | 'catalog'> & { readonly notes: string[] },
  manifest: CollectionManifest,
): Promise<CollectionManifest> {
  const { schema: _, ...rest } = manifest;
  try {
    const schema = schemaOf(old, manifest);
    if (schema !== undefined) await catalog.transaction((write) => write.putSchema(manifest.id, schema));
    return manifest;
  } catch (error) {
    if ((error as GristmillError).code !== 'CHECKSUM_MISMATCH') throw error;
    notes.push(`Collection ${manifest.name} has no schema any more, because it is damaged. Set it again.`);
    return rest;
  }
}

/** @returns live records */
export async function rebuildCollection(repair: CatalogRepair, manifest: CollectionManifest): Promise<number> {
  const { blobs, old, catalog, rebuild, lost } = repair;
  const isSealed = blobs.seal !== undefined;
  const shards = old.shards(manifest);
  const files = new Map<number, number>();
  await catalog.transaction((write) => {
    const header = catalog.header();
    shards.forEach(({ shard }, i) => void files.set(shard, header.nextShard + i));
    write.putHeader({ ...header, nextShard: header.nextShard + shards.length });
  });
  const entries = new Map(shards.map((entry) => [entry.shard, entry]));
  const marks = new TombstoneMarks((shard) => entries.get(shard)?.records, old);
  const found = new Map<number, NonNullable<SalvageResult['file']>>();
  const forms = formsOf(old, manifest);
  const indexes = manifest.secondary.map(({ path }) => path);
  for (const named of [false, true]) {
    const some = shards.filter((entry) => entry.named === named);
    const secrets = secretsOf(blobs.seal, manifest);
    const by = { key: manifest.key, indexes, positions: manifest.positions, secrets, named, keep: 'last' } as const;
    const jobs = jobsOf(some, forms, repair, files);
    for await (const { job, result } of rebuild.salvage(jobs, by)) {
      const { firstOrdinal } = entries.get(job.shard) as ShardEntry;
      for (const { offset, records, message } of result.faults) {
        const place = { kind: 'frame', file: job.path ?? catalog.file, offset, collection: manifest.name } as const;
        const range = records && { from: firstOrdinal + records.from, to: firstOrdinal + records.to };
        lost.push({ ...place, ...(range && { records: range }), message });
        for (let ordinal = records?.from ?? 0; ordinal < (records?.to ?? 0); ordinal++) {
          if (!marks.isDead(job.shard, ordinal)) marks.mark(job.shard, ordinal);
        }
      }
      if (result.file !== undefined) found.set(job.shard, result.file);
    }
  }
  const trees = new NewTrees(catalog);
  for await (const batch of rebuild.pages('last')) await trees.addBatch(batch.index, batch);
  await catalog.transaction((write) => {
    trees.of(0);
    const made = [0, ...indexes.map((_, i) => i + 1)].map((index) => trees.of(index));
    trees.write(write);
    const indexed = (index: IndexManifest, i: number): IndexManifest =>
      withTree(index, made[i] as (typeof made)[number]);
    const { generation } = catalog.header();
    let [holes, storedBytes, plainBytes] = [0, 0, 0];
    const after = shards.map((entry) => {
      const { isRewritten, ...summary } = found.get(entry.shard) ?? { isRewritten: false };
      const fileNumber = files.get(entry.shard)!;
      // The file is right where the catalog says something else of it.
      const { at, ...rest } = { ...entry, ...summary };
      const alone = { fileNumber, file: shardFileName(fileNumber, isSealed) };
      const now = { ...rest, ...(isRewritten ? alone : at !== undefined && { at }) };
      holes += now.holes;
      storedBytes += now.storedBytes;
      plainBytes += now.plainBytes;
      if (found.has(entry.shard)) write.putShard(manifest.id, now);
      return now;
    });
    const dead = manifest.dead + marks.added;
    const repaired = {
      ...manifest,
      ...(manifest.primary && { primary: indexed(manifest.primary, 0) }),
      secondary: manifest.secondary.map((index, i) => indexed(index, i + 1)),
      ...{
        generation,
        layout: generation,
        dead,
        holes,
        storedBytes,
        plainBytes,
        records: manifest.records - marks.added,
      },
    };
    publishState(catalog, write, repaired, after, marks);
  });
  return manifest.records - marks.added;
}

/** One after another, as they are asked for: each holds the tombstones of its shard. */
function* jobsOf(
  entries: readonly ShardEntry[],
  forms: Forms,
  { old, store, blobs }: Pick<CatalogRepair, 'old' | 'store' | 'blobs'>,
  numbers: ReadonlyMap<number, number>,
): Generator<ShardJob> {
  const damaged = new Set(entries.filter(({ at }) => at !== undefined).map(({ file }) => file));
  for (const file of damaged) if (hasSoundEnd(blobs, shardPath(store, file))) damaged.delete(file);
  for (const entry of entries) {
    const { shard, records, holes, sha256, shape, file, fileNumber } = entry;
    const dead = old.tombstones(entry);
    const job = { shard, dead, route: forms.routeOf(entry), newFileNumber: numbers.get(shard)! };
    const region = regionOf(entry);
    if (fileNumber === 0) yield { ...job, route: undefined, inline: liveRecords(old, entry, forms.of(entry), dead) };
    else {
      const place = { path: shardPath(store, file), ...(region && { region }), mustMove: damaged.has(file) };
      yield { ...job, ...place, expected: { records, holes, sha256, shape } };
    }
  }
}

function* liveRecords(
  old: CatalogRead,
  { shard, records }: ShardEntry,
  form: LineForm,
  dead: Uint8Array,
): Generator<InlineRecord> {
  for (let from = 0; from < records; ) {
    const batch = old.inlineRecords(shard, from, Math.min(BATCH, records - from));
    const last = batch.at(-1);
    if (last === undefined) return;
    for (const { ordinal, line } of batch) {
      if (!isDead(dead, ordinal)) yield { ordinal, line: reshapedBytes(line, form) };
    }
    from = last.ordinal + 1;
  }
}
