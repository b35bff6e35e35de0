// [repair]: shards > entries > pages > index in place
//
// Makes a new index beside the damaged one and puts it in place by renaming; the old one is kept. A repair that is killed
// changes nothing, or leaves the finished index in `repair/`, which the next one puts in place.

import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError, quietly } from '../../base/system-errors.js';
import { continueLog } from '../../store/audit/copy.js';
import { files } from '../../store/files/file-blobs.js';
import { syncDirectory, syncFile } from '../../store/files/io.js';
import {
  CATALOG_FILE,
  decidedConversion,
  INDEX_DIRECTORY,
  pathIn,
  SHARDS_DIRECTORY,
  shardPath,
  storeDirectory,
  TEMPORARY_DIRECTORY,
} from '../../store/files/layout.js';
import { LmdbCatalog } from '../../store/lmdb/catalog.js';
import { finishConversion } from '../../store/lock/conversion.js';
import { unlocked } from '../../store/lock/unlock.js';
import { forget } from '../../store/ring/ring.js';
import type { Sealed, SealKeys } from '../../store/seal/types.js';
import { filesOf } from '../../store/sealed/files.js';
import type { CatalogRead } from '../../store/types.js';
import type { Salvagers } from '../salvage/task.js';
import type { Fault } from '../verify/faults.js';
import { copyValues, keepSchema, rebuildCollection } from './catalog.js';
import { exchange, indexState, mendGate, refuseWhileInUse } from './exchange.js';
import { isSafeToOpen, openOld, readableOld } from './old-catalog.js';
import { type RepairOptions, type RepairReport, resolveRepairOptions } from './options.js';
import { checkPlaces, FINISHED, putSharedFilesAside, removeOpenable, UNFINISHED } from './places.js';
import { RepairWatch } from './progress.js';
import { Rebuild } from './rebuild.js';
import { rebuildFromShards } from './shards.js';

type StartSalvagers = (threads: number, seal: SealKeys | undefined) => Salvagers;

type NotOfWork = 'trustOwner' | 'trustShared' | 'encryption';

const WITHOUT_CATALOG =
  'The index was made from the shards, without the catalog. Records that transactions deleted or replaced exist again. Records that transactions put are lost if they were not compacted. The indexes are those of the last import or compacted transaction. If createIndex (gristmill index add) made an index later, make it again. Schemas are lost: set them again (gristmill schema set).';

const WITHOUT_LOG = 'The audit log begins again.';

/**
 * Makes a new index for a store. No other process may have the store open.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_BUSY, STORE_TOO_NEW, DISK_FULL,
 * IO_ERROR, CANCELLED: then the store was not changed. TypeError for a wrong option.
 * @example const { from, lost } = await repairStore('./store');
 */
export async function repairStore(
  path: string,
  startWorkers: StartSalvagers,
  given?: RepairOptions,
): Promise<RepairReport> {
  const { trustOwner, trustShared = false, fromShards, encryption, ...options } = resolveRepairOptions(given);
  const trust = { trustOwner, trustShared };
  const store = storeDirectory(path, trust);
  if (!existsSync(join(store, SHARDS_DIRECTORY))) {
    throw new GristmillError('STORE_NOT_FOUND', `there is no store at ${store}: it has no shards`, { file: store });
  }
  checkPlaces(store, trust);
  assertWritable(store);
  if (decidedConversion(store) !== undefined) {
    refuseWhileInUse(store);
    await finishConversion(store);
  }
  const { seal } = await unlocked({ directory: store, blobs: files }, false, { encryption });
  try {
    refuseWhileInUse(store);
    if (fromShards) removeOpenable(store);
    putSharedFilesAside(store);
    await mendGate(store);
    const progress = new RepairWatch(options, 'repair');
    try {
      await progress.pause();
      return await repair(store, startWorkers, { ...options, fromShards, seal }, progress);
    } finally {
      progress.close();
    }
  } finally {
    if (seal !== undefined) forget(seal);
  }
}

/** Before anything is looked for in vain: a repair writes beside the index. */
function assertWritable(store: string): void {
  try {
    accessSync(store, constants.W_OK);
  } catch (cause) {
    const help = 'mount it writable, or repair a copy of it';
    const why = (cause as NodeJS.ErrnoException).code;
    throw new GristmillError(
      'IO_ERROR',
      `a repair writes into ${store}, but this user has no right to write there (${why}): ${help}`,
      {
        ...{ file: store, cause },
      },
    );
  }
}

async function repair(
  store: string,
  startWorkers: StartSalvagers,
  {
    workers: threads,
    fromShards,
    signal,
    why,
    seal,
  }: Omit<ReturnType<typeof resolveRepairOptions>, NotOfWork> & Sealed,
  progress: RepairWatch<'repair'>,
): Promise<RepairReport> {
  const { pause } = progress;
  // The old index still in place: what was finished before it is of a state that may have moved on.
  if (existsSync(join(store, CATALOG_FILE))) rmSync(join(store, FINISHED), { recursive: true, force: true });
  else if (existsSync(join(store, FINISHED))) await exchange(store);
  const isSafe = !fromShards && (await isSafeToOpen(store, seal, signal));
  await pause();
  const old = isSafe ? await openOld(store, seal, pause) : undefined;
  // Only for its audit log.
  const log = old === undefined && isSafe ? await readableOld(store, seal) : undefined;
  const state = indexState(store, old?.catalog);
  const made = join(store, UNFINISHED);
  rmSync(made, { recursive: true, force: true });
  const temporary = join(made, 'tmp');
  const rewritten: string[] = [];
  const workers = startWorkers(threads, seal);
  const blobs = filesOf(seal);
  try {
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    const catalog = await LmdbCatalog.open(made, { create: true, readOnly: false, seal });
    const found = { lost: [] as Fault[], unused: [] as RepairReport['unused'][number][], notes: [] as string[] };
    let collections: RepairReport['collections'];
    try {
      const tools = { blobs, workers, threads, temporary, shared: progress.shared.buffer, pause, rewritten };
      const rebuildFor = (id: string) => new Rebuild(tools, id);
      progress.begin(shardBytes(store));
      if (old) {
        const parts = { store, blobs, old: old.catalog, catalog, lost: found.lost, pause };
        await copyValues(parts);
        for (const manifest of old.catalog.collections()) {
          const kept = await keepSchema({ ...parts, ...found }, manifest);
          await rebuildCollection({ ...parts, rebuild: rebuildFor(manifest.name) }, kept);
        }
      } else {
        found.notes.push(log === undefined ? `${WITHOUT_CATALOG} ${WITHOUT_LOG}` : WITHOUT_CATALOG);
        await rebuildFromShards({ store, blobs, catalog, ...found, rebuildFor, pause });
      }
      const target = { old: old?.catalog ?? log, catalog, place: { seal }, pause };
      const lost = await continueLog(target, { why, collections: recordsOf(catalog) });
      if (target.old && lost !== undefined) found.notes.push(`${WITHOUT_LOG} The old one is damaged: ${lost}.`);
      collections = recordsOf(catalog);
    } finally {
      await log?.close();
      await catalog.close();
    }
    for (const file of rewritten) await syncFile(pathIn(temporary, file));
    await syncFile(join(made, CATALOG_FILE));
    // The last word: from here on it is finished.
    await pause();
    failpoint('repair.shards');
    for (const file of rewritten) renameSync(pathIn(temporary, file), shardPath(store, file));
    rmSync(temporary, { recursive: true });
    for (const directory of [join(made, INDEX_DIRECTORY), made, join(store, SHARDS_DIRECTORY)])
      syncDirectory(directory);
    failpoint('repair.made');
    renameSync(made, join(store, FINISHED));
    syncDirectory(store);
    failpoint('repair.finished');
    const kept = await exchange(store, { state, catalog: old?.catalog });
    // What imports that were killed had under `tmp/` nobody can go on with now.
    if (!old) rmSync(join(store, TEMPORARY_DIRECTORY), { recursive: true, force: true });
    const seconds = progress.done();
    return {
      from: old ? 'catalog' : 'shards',
      collections,
      ...found,
      ...(kept !== undefined && { kept }),
      seconds,
    };
  } catch (cause) {
    quietly(() => undo(store, rewritten));
    throw progress.errorOf(ioError(cause, 'repair', store));
  } finally {
    await workers.close();
    // Until the new index is in place nobody may change the old one.
    await old?.lock.release();
    await old?.catalog.close();
  }
}

function recordsOf(catalog: CatalogRead): RepairReport['collections'] {
  return catalog.collections().map(({ name, records }) => ({ name, records }));
}

/** Bytes of all files of shards; what a repair has to read, or a little less. */
function shardBytes(store: string): number {
  const directory = join(store, SHARDS_DIRECTORY);
  return readdirSync(directory).reduce((sum, file) => {
    const size = statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0;
    return sum + size;
  }, 0);
}

/** Unless the old index has given way already, all is as it was: files of the new one would be in the way of others. */
function undo(store: string, rewritten: readonly string[]): void {
  const isMade = [UNFINISHED, FINISHED].some((name) => existsSync(join(store, name, CATALOG_FILE)));
  if (isMade && existsSync(join(store, CATALOG_FILE))) {
    for (const file of rewritten) rmSync(shardPath(store, file), { force: true });
    rmSync(join(store, FINISHED), { recursive: true, force: true });
  }
  rmSync(join(store, UNFINISHED), { recursive: true, force: true });
}
