// [repair]: shards > entries > pages > index in place
//
// Makes a new index beside the damaged one and puts it in place by renaming; the old one is kept. A repair that is killed
// changes nothing, or leaves the finished index in `repair/`, which the next one puts in place.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GristmillError } from '../errors.js';
import { failpoint } from '../failpoints.js';
import { WorkerPool } from '../import/pool.js';
import { THREADS } from '../method-options.js';
import { resolveOptions } from '../option-check.js';
import { CATALOG_FILE, INDEX_DIRECTORY, SHARDS_DIRECTORY, TEMPORARY_DIRECTORY } from '../store/files.js';
import { ioError, syncDirectory, syncFile } from '../store/io.js';
import { LmdbCatalog } from '../store/lmdb-catalog.js';
import type { Fault } from './faults.js';
import { processesUsing } from './in-use.js';
import { isSafeToOpen, openOld } from './old-catalog.js';
import { Rebuild } from './rebuild.js';
import { copyValues, rebuildCollection } from './repair-catalog.js';
import type { RepairOptions, RepairReport } from './repair-options.js';
import { rebuildFromShards } from './repair-shards.js';

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
export async function repairStore(path: string, given?: RepairOptions): Promise<RepairReport> {
  const { workers: threads } = resolveOptions('repairStore', THREADS, given);
  const began = performance.now();
  const store = resolve(path);
  if (!existsSync(join(store, SHARDS_DIRECTORY))) {
    throw new GristmillError('STORE_NOT_FOUND', `there is no store at ${store}: it has no shards`, { file: store });
  }
  refuseWhileInUse(store);
  // The old index still in place: what was finished before it is of a state that may have moved on.
  if (existsSync(join(store, CATALOG_FILE))) rmSync(join(store, FINISHED), { recursive: true, force: true });
  else if (existsSync(join(store, FINISHED))) putInPlace(store);
  const old = (await isSafeToOpen(store)) ? await openOld(store) : undefined;
  const made = join(store, UNFINISHED);
  rmSync(made, { recursive: true, force: true });
  const temporary = join(made, 'tmp');
  const workers = new WorkerPool(threads);
  try {
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    const catalog = await LmdbCatalog.open(made, { create: true, readOnly: false });
    const found = { lost: [] as Fault[], unused: [] as RepairReport['unused'][number][], notes: [] as string[] };
    let collections: RepairReport['collections'];
    try {
      const rebuildFor = (id: string) => new Rebuild(workers, threads, temporary, id);
      const repair = { store, catalog, ...found };
      if (old) {
        await copyValues(old.catalog, catalog);
        for (const manifest of old.catalog.collections()) {
          await rebuildCollection({ ...repair, old: old.catalog, rebuild: rebuildFor(manifest.name) }, manifest);
        }
      } else {
        found.notes.push(LOST_WITH_CATALOG);
        await rebuildFromShards({ ...repair, rebuildFor });
      }
      collections = catalog.collections().map(({ name, records }) => ({ name, records }));
    } finally {
      await catalog.close();
    }
    rmSync(temporary, { recursive: true });
    await syncFile(join(made, CATALOG_FILE));
    for (const directory of [join(made, INDEX_DIRECTORY), made, join(store, SHARDS_DIRECTORY)])
      syncDirectory(directory);
    failpoint('repair.made');
    renameSync(made, join(store, FINISHED));
    syncDirectory(store);
    const kept = putInPlace(store);
    // What imports that were killed had under `tmp/` nobody can go on with now.
    if (!old) rmSync(join(store, TEMPORARY_DIRECTORY), { recursive: true, force: true });
    return {
      from: old ? 'catalog' : 'shards',
      collections,
      ...found,
      ...(kept !== undefined && { kept }),
      seconds: Math.round(performance.now() - began) / 1000,
    };
  } catch (cause) {
    rmSync(made, { recursive: true, force: true });
    throw ioError(cause, 'repair', store);
  } finally {
    await workers.close();
    // Until the new index is in place nobody may change the old one.
    await old?.lock.release();
    await old?.catalog.close();
  }
}

function refuseWhileInUse(store: string): void {
  const [pid] = processesUsing(store);
  if (pid === undefined) return;
  const who = pid === process.pid ? 'this process' : `process ${pid}`;
  throw new GristmillError('STORE_BUSY', `${store} is open in ${who}: close it first`, { file: store });
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
