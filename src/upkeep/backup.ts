// [backup]: snapshot > index > shards > in place
//
// A consistent copy of a store that others may be importing into. The order is what makes it exact: a snapshot first, for
// while it lasts no file that any later state names is removed; then the index, copied by LMDB as of one commit; then the
// files that this copy names, which are there whatever has been published since.
//
// It is made under another name beside the target and renamed at the end, so what stands under the target's name is whole.

import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../base/errors.js';
import { failpoint } from '../base/failpoints.js';
import { ioError, quietly } from '../base/system-errors.js';
import { resolveOptions } from '../options/check.js';
import type { StorePlace } from '../store/files/blobs.js';
import { whyNotBeside } from '../store/files/exposure.js';
import { files } from '../store/files/file-blobs.js';
import { syncDirectory, syncFile } from '../store/files/io.js';
import {
  CATALOG_FILE,
  INDEX_DIRECTORY,
  makeDirectories,
  makeDirectory,
  SHARDS_DIRECTORY,
  shardPath,
} from '../store/files/layout.js';
import { LmdbCatalog } from '../store/lmdb/catalog.js';
import { sweep } from '../store/lock/sweep.js';
import { collectGarbage, filesOnlyOf } from '../store/publish/garbage.js';
import { copyRing } from '../store/ring/ring.js';
import { BACKUP_OPTIONS, type BackupOptions, type BackupReport } from './backup-options.js';
import { linkOrCopy } from './link-or-copy.js';

/**
 * @param trustShared whether the group of the directory that gets the backup is trusted
 * @throws GristmillError BACKUP_TARGET_NOT_EMPTY, STORE_NOT_TRUSTED, DISK_FULL, IO_ERROR; TypeError for a wrong option */
export async function backup(
  catalog: LmdbCatalog,
  { directory: store, seal }: StorePlace,
  target: string,
  trustShared: boolean,
  given?: BackupOptions,
): Promise<BackupReport> {
  const began = performance.now();
  const { copy } = resolveOptions('backup', BACKUP_OPTIONS, given);
  if (typeof target !== 'string' || target === '') throw new TypeError('the directory of a backup must be a string');
  const directory = resolve(target);
  checkTarget(directory, trustShared);
  const partial = join(dirname(directory), `.${basename(directory)}.${randomUUID()}.partial`);
  const snapshot = catalog.snapshot();
  try {
    make(partial);
    await copyCatalog(catalog, store, partial, seal !== undefined);
    failpoint('backup.copied');
    make(join(partial, SHARDS_DIRECTORY));
    const made = await fill(store, { directory: partial, blobs: files, seal }, copy);
    await syncFile(join(partial, CATALOG_FILE));
    for (const path of [join(partial, INDEX_DIRECTORY), join(partial, SHARDS_DIRECTORY), partial]) syncDirectory(path);
    failpoint('backup.place');
    putInPlace(partial, directory);
    return { directory, ...made, seconds: Math.round(performance.now() - began) / 1000 };
  } catch (error) {
    quietly(() => rmSync(partial, { recursive: true, force: true }));
    throw error;
  } finally {
    snapshot.release();
  }
}

/** Copies the index, and the ring that has the data keys of all its values: they may be exchanged meanwhile. */
async function copyCatalog(catalog: LmdbCatalog, store: string, partial: string, isSealed: boolean): Promise<void> {
  for (;;) {
    const isCurrent = isSealed ? copyRing(store, partial) : () => true;
    await catalog.copyTo(partial);
    if (isCurrent()) return;
    rmSync(join(partial, INDEX_DIRECTORY), { recursive: true });
  }
}

/** Gives the copied index its shards, and takes from it what belongs to writers of the original. */
async function fill(
  store: string,
  place: StorePlace,
  mustCopy: boolean,
): Promise<Pick<BackupReport, 'generation' | 'collections' | 'shards'>> {
  const { directory: partial, seal } = place;
  const copy = await LmdbCatalog.open(partial, { create: false, readOnly: false, seal });
  try {
    const shards = { linked: 0, copied: 0 };
    const collections = copy.collections();
    for (const collection of collections) {
      // A joined file is named by each of its shards; an inline shard has none.
      for (const file of filesOnlyOf(copy.shards(collection), [])) {
        const path = shardPath(partial, file);
        if (await linkOrCopy(shardPath(store, file), path, mustCopy)) {
          shards.linked++;
        } else {
          shards.copied++;
          await syncFile(path);
        }
        await setImmediate();
      }
    }
    await copy.transaction((write) => {
      write.putLock(undefined);
      write.putGarbage({ ...copy.garbage(), files: [] }); // not linked
    });
    await collectGarbage(copy, place);
    await sweep(copy, place, []);
    return { generation: copy.generation(), collections: collections.length, shards };
  } finally {
    await copy.close();
  }
}

/** That it is free, and that nobody else can replace it. */
function checkTarget(directory: string, trustShared: boolean): void {
  const why = whyNotBeside(directory, trustShared);
  if (why !== undefined) {
    throw new GristmillError('STORE_NOT_TRUSTED', `no backup was made at ${directory}: ${why}`, { file: directory });
  }
  if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const message = `${directory} is a symbolic link: name the directory itself`;
    throw new GristmillError('BACKUP_TARGET_NOT_EMPTY', message, { file: directory });
  }
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') names = [''];
    else throw ioError(cause, 'look into', directory);
  }
  if (names.length === 0) return;
  const message = `${directory} is not an empty directory: name one that is empty or does not exist`;
  throw new GristmillError('BACKUP_TARGET_NOT_EMPTY', message, { file: directory });
}

function make(path: string): void {
  makeDirectories(dirname(path));
  makeDirectory(path);
}

function putInPlace(partial: string, directory: string): void {
  try {
    renameSync(partial, directory);
  } catch (cause) {
    throw ioError(cause, 'put the backup in place at', directory);
  }
  syncDirectory(dirname(directory));
}
