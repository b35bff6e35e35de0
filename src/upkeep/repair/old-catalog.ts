// [repair]: shards > entries > pages > index in place
//
// The catalog that is to be repaired: can it be used at all? Where LMDB's own structure is damaged, reading it may end the
// process, so another one does all that is done here first (probe.ts).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GristmillError } from '../../base/errors.js';
import { files } from '../../store/files/file-blobs.js';
import { CATALOG_FILE } from '../../store/files/layout.js';
import { LmdbCatalog } from '../../store/lmdb/catalog.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import type { Sealed, SealKeys } from '../../store/seal/types.js';
import type { Catalog, CatalogWrite } from '../../store/types.js';
import { verifyCollection } from '../verify/collection.js';
import { FaultList } from '../verify/faults.js';
import { verifyRelations } from '../verify/relations.js';
import { verifyValues } from '../verify/values.js';

const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url));
/** What a process dies of that reads a damaged LMDB file. */
const CRASHES: ReadonlySet<unknown> = new Set(['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE']);

/** Where these go wrong the catalog may be sound: no reason to do without it. */
const FATAL: ReadonlySet<unknown> = new Set([
  'STORE_BUSY',
  'STORE_TOO_NEW',
  'STORE_NOT_TRUSTED',
  'DISK_FULL',
  'CANCELLED',
]);

/** The catalog there was, whose values are all sound, locked against other writers. */
export interface OldCatalog {
  readonly catalog: Catalog;
  readonly lock: WriterLock;
}

/**
 * Whether a process that opens the catalog lives on. It is stopped when `cancel` aborts.
 * @throws GristmillError IO_ERROR when that could not be found out
 */
export async function isSafeToOpen(store: string, seal: SealKeys | undefined, cancel?: AbortSignal): Promise<boolean> {
  const file = join(store, CATALOG_FILE);
  if (!existsSync(file)) return true;
  // A group of its own: Ctrl-C in a terminal is for this process, which stops the other one.
  const probe = spawn(process.execPath, [PROBE, store], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    detached: process.platform !== 'win32',
  });
  // No argument: all users of the machine see those. One that has died already is not spoken to.
  probe.on('error', () => {});
  probe.send({ seal } satisfies Sealed, () => {});
  const stop = (): void => void probe.kill();
  cancel?.addEventListener('abort', stop);
  const [code, signal] = await once(probe, 'exit').finally(() => cancel?.removeEventListener('abort', stop));
  if (cancel?.aborted) return true;
  if (CRASHES.has(signal)) return false;
  if (code === 0) return true;
  throw new GristmillError('IO_ERROR', `the process that tried to open ${file} ended with ${signal ?? code}`, {
    file,
  });
}

/**
 * Undefined where the shards must do without it.
 * @param pause lets others have their turn, and throws to stop.
 * @throws GristmillError STORE_BUSY, STORE_TOO_NEW, DISK_FULL; what `pause` throws
 */
export async function openOld(
  store: string,
  seal: SealKeys | undefined,
  pause: () => Promise<void> = async () => {},
): Promise<OldCatalog | undefined> {
  if (!existsSync(join(store, CATALOG_FILE))) return undefined;
  let catalog: Catalog | undefined;
  try {
    catalog = await LmdbCatalog.open(store, { create: false, readOnly: false, seal, anyState: true });
    const notes = await soundValues(catalog, pause);
    if (notes !== undefined) {
      if (notes.size > 0) await catalog.transaction(clearNotes);
      const request = { operation: 'repair', wait: false, sweeps: false } as const;
      const lock = await WriterLock.acquire(catalog, { directory: store, blobs: files, seal }, request);
      // What there is to sweep nobody has noted then: all of it is looked for.
      if (notes.size > 0) await lock.set({ left: [] });
      return { catalog, lock };
    }
  } catch (error) {
    if (FATAL.has((error as GristmillError).code)) {
      await catalog?.close();
      throw error;
    }
  }
  await catalog?.close();
  return undefined;
}

/** The catalog to read what is sound in it; undefined where it cannot be opened. */
export async function readableOld(store: string, seal: SealKeys | undefined): Promise<Catalog | undefined> {
  if (!existsSync(join(store, CATALOG_FILE))) return undefined;
  try {
    return await LmdbCatalog.open(store, { create: false, readOnly: true, seal, anyState: true });
  } catch (error) {
    if (FATAL.has((error as GristmillError).code)) throw error;
    return undefined;
  }
}

/** Kinds of damaged values that can be done without; undefined where others are damaged or missing. */
async function soundValues(catalog: Catalog, pause: () => Promise<void>): Promise<ReadonlySet<number> | undefined> {
  const faults = new FaultList(0);
  const found = await verifyValues(catalog, catalog.file, faults, pause);
  verifyRelations(found, catalog.file, faults);
  for (const manifest of found.collections) verifyCollection(manifest, found, catalog.file, faults);
  const known = new Set(found.collections.map(({ id }) => id));
  const isSound = faults.total === found.damagedNotes.size && found.lost.length === 0 && found.hasHeader;
  return isSound && [...found.shards.keys()].every((id) => known.has(id)) ? found.damagedNotes : undefined;
}

/** Who holds a damaged lock cannot be told; nobody else has the store open, though. */
function clearNotes(write: CatalogWrite): void {
  write.putLock(undefined);
  write.putGarbage({ files: [], trees: [], inline: [] });
  write.putResumable([]);
}
