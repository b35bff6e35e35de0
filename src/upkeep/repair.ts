// [repair]: shards > entries > pages > index in place
//
// Makes a new index beside the damaged one and puts it in place by renaming; the old one is kept. A repair that is killed
// changes nothing, or leaves the finished index in `repair/`, which the next one puts in place.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { GristmillError } from '../errors.js';
import { failpoint } from '../failpoints.js';
import { WorkerPool } from '../import/pool.js';
import { WORKERS_MAX } from '../limits.js';
import { CATALOG_FILE, INDEX_DIRECTORY, SHARDS_DIRECTORY } from '../store/files.js';
import { ioError, syncDirectory, syncFile } from '../store/io.js';
import { LmdbCatalog } from '../store/lmdb-catalog.js';
import type { Catalog } from '../store/types.js';
import { type Fault, FaultList } from './faults.js';
import { Rebuild } from './rebuild.js';
import { copyValues, rebuildCollection } from './repair-catalog.js';
import type { RepairOptions, RepairReport } from './repair-options.js';
import { rebuildFromShards } from './repair-shards.js';
import { checkCount, checkNames } from './upkeep-options.js';
import { verifyCollection } from './verify-collection.js';
import { verifyValues } from './verify-values.js';

/** Under these names in the store: an index being made, and one that is finished. */
const UNFINISHED = 'repair.partial';
const FINISHED = 'repair';

const LOST_WITH_CATALOG =
  'The catalog was lost: records deleted or replaced by transactions are back, and records that transactions put and compaction had not reached are gone.';

/**
 * Makes the index of a store anew. Nobody else may have the store open.
 * @throws GristmillError STORE_NOT_FOUND, STORE_BUSY, DISK_FULL, IO_ERROR; the store is as it was then. TypeError for a
 * wrong option.
 * @example const { from, lost } = await repairStore('./store');
 */
export async function repairStore(path: string, options: RepairOptions = {}): Promise<RepairReport> {
  checkNames(options, ['workers'], 'repair');
  const threads = options.workers ?? Math.min(availableParallelism(), WORKERS_MAX);
  checkCount('workers', threads, 1, WORKERS_MAX);
  const began = performance.now();
  const store = resolve(path);
  if (!existsSync(join(store, SHARDS_DIRECTORY))) {
    throw new GristmillError('STORE_NOT_FOUND', `there is no store at ${store}: it has no shards`, { file: store });
  }
  // The old index still in place: what was finished before it is of a state that may have moved on.
  if (existsSync(join(store, CATALOG_FILE))) rmSync(join(store, FINISHED), { recursive: true, force: true });
  else if (existsSync(join(store, FINISHED))) putInPlace(store);
  const old = await openOld(store);
  const made = join(store, UNFINISHED);
  rmSync(made, { recursive: true, force: true });
  const temporary = join(made, 'tmp');
  const workers = new WorkerPool(threads);
  try {
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    const catalog = await LmdbCatalog.open(made, { create: true, readOnly: false });
    const found: Pick<RepairReport, 'lost' | 'unused'> & { lost: Fault[]; unused: RepairReport['unused'][number][] } = {
      lost: [],
      unused: [],
    };
    let collections: RepairReport['collections'];
    try {
      const rebuildFor = (id: string) => new Rebuild(workers, threads, temporary, id);
      const repair = { store, catalog, ...found };
      if (old) {
        await copyValues(old, catalog);
        for (const manifest of old.collections()) {
          await rebuildCollection({ ...repair, old, rebuild: rebuildFor(manifest.name) }, manifest);
        }
      } else {
        await rebuildFromShards({ ...repair, rebuildFor });
      }
      collections = catalog.collections().map(({ name, records }) => ({ name, records }));
    } finally {
      await catalog.close();
    }
    await old?.close();
    rmSync(temporary, { recursive: true });
    await syncFile(join(made, CATALOG_FILE));
    for (const directory of [join(made, INDEX_DIRECTORY), made, join(store, SHARDS_DIRECTORY)])
      syncDirectory(directory);
    failpoint('repair.made');
    renameSync(made, join(store, FINISHED));
    syncDirectory(store);
    const kept = putInPlace(store);
    return {
      from: old ? 'catalog' : 'shards',
      collections,
      ...found,
      notes: old ? [] : [LOST_WITH_CATALOG],
      ...(kept !== undefined && { kept }),
      seconds: Math.round(performance.now() - began) / 1000,
    };
  } catch (cause) {
    rmSync(made, { recursive: true, force: true });
    throw ioError(cause, 'repair', store);
  } finally {
    await workers.close();
    await old?.close();
  }
}

/** The catalog, where all its values are sound; undefined where the shards must do without it. */
async function openOld(store: string): Promise<Catalog | undefined> {
  if (!existsSync(join(store, CATALOG_FILE))) return undefined;
  let catalog: Catalog;
  try {
    catalog = await LmdbCatalog.open(store, { create: false, readOnly: false });
  } catch (error) {
    if ((error as GristmillError).code === 'STORE_TOO_NEW') throw error;
    return undefined;
  }
  try {
    refuseWhileInUse(catalog, store);
    const faults = new FaultList(0);
    const found = await verifyValues(catalog, catalog.file, faults, async () => {});
    for (const manifest of found.collections) verifyCollection(manifest, found, catalog.file, faults);
    const known = new Set(found.collections.map(({ id }) => id));
    const isSound = faults.total + found.lost.length === 0 && [...found.shards.keys()].every((id) => known.has(id));
    if (isSound && found.hasHeader) return catalog;
  } catch (error) {
    await catalog.close();
    if ((error as GristmillError).code === 'STORE_BUSY') throw error;
    return undefined;
  }
  await catalog.close();
  return undefined;
}

/** Whoever holds the writers' lock may be changing what is repaired. (A lock that its holder left is the lock's to judge.) */
function refuseWhileInUse(catalog: Catalog, store: string): void {
  const holder = catalog.lock();
  if (holder === undefined) return;
  const message = `${store} is in use by an ${holder.operation} of process ${holder.pid} on ${holder.host}: end it first`;
  throw new GristmillError('STORE_BUSY', message, { file: store });
}

/** @returns where the old index went, where there was one. */
function putInPlace(store: string): string | undefined {
  const index = join(store, INDEX_DIRECTORY);
  let kept: string | undefined;
  if (existsSync(index)) {
    kept = `${index}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
    renameSync(index, kept);
  }
  failpoint('repair.swap');
  renameSync(join(store, FINISHED, INDEX_DIRECTORY), index);
  failpoint('repair.swapped');
  rmSync(join(store, FINISHED), { recursive: true });
  syncDirectory(store);
  return kept;
}
