// [convert]: shards > index > rejected records > in place
//
// Makes an encrypted store of a plain one, a plain one of an encrypted one, or one with new keys of an encrypted one. All is made beside: while that takes, the store
// stays what it was, and a conversion that is killed continues with the shards it has. Then the conversion is decided and put
// in place in a moment (store/lock/conversion.ts).

import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import type { EncryptionOptions } from '../../options/encryption.js';
import type { Blobs } from '../../store/files/blobs.js';
import { files } from '../../store/files/file-blobs.js';
import { syncDirectory, syncFile } from '../../store/files/io.js';
import {
  CATALOG_FILE,
  type ConversionKind,
  foreignNames,
  INDEX_DIRECTORY,
  makeDirectory,
  prepareStoreDirectory,
  QUARANTINE_DIRECTORY,
  removeBegunConversions,
  SHARDS_DIRECTORY,
  TEMPORARY_DIRECTORY,
  unfinishedConversion,
} from '../../store/files/layout.js';
import { LmdbCatalog } from '../../store/lmdb/catalog.js';
import { decideConversion, finishConversion } from '../../store/lock/conversion.js';
import { unlocked } from '../../store/lock/unlock.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import {
  createRing,
  encryptedAlready,
  forget,
  hasRing,
  notEncrypted,
  openRing,
  storedRing,
} from '../../store/ring/ring.js';
import type { KeysAtRest, SealKeys } from '../../store/seal/types.js';
import { filesOf } from '../../store/sealed/files.js';
import type { CatalogRead, CatalogSnapshot, CollectionManifest } from '../../store/types.js';
import { indexState, refuseWhileInUse } from '../repair/exchange.js';
import { RepairWatch } from '../repair/progress.js';
import { Rebuild } from '../repair/rebuild.js';
import type { Salvagers } from '../salvage/task.js';
import { convertIndex } from './index-values.js';
import { type ConvertReport, type EncryptOptions, resolveConvertOptions } from './options.js';
import { convertRejected } from './rejected.js';
import { checkRoom } from './room.js';
import { convertShards } from './shards.js';

type StartSalvagers = (threads: number, seal: SealKeys | undefined) => Salvagers;

/** Where the index is made. */
const BESIDE = 'new';

/** After these nothing that was made is of use, or is in the way. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['DISK_FULL', 'CHECKSUM_MISMATCH']);

/**
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_BUSY, STORE_ENCRYPTED, NOT_ENCRYPTED,
 * WRONG_KEY, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: then the store is what
 * it was. TypeError for a wrong option.
 */
export async function convertStore(
  kind: ConversionKind,
  path: string,
  startWorkers: StartSalvagers,
  given: EncryptOptions,
): Promise<ConvertReport> {
  const options = resolveConvertOptions(kind, given);
  const { trustOwner, trustShared, encryption } = options;
  const store = prepareStoreDirectory(path, false, { trustOwner, trustShared });
  if ((await finishConversion(store)) === kind) return finished(kind, store, encryption);
  if (kind === 'encrypt' && hasRing(store)) throw encryptedAlready(store);
  const unlocking = kind === 'encrypt' ? {} : { encryption };
  const { seal } = await unlocked({ directory: store, blobs: files }, false, unlocking);
  if (kind !== 'encrypt' && seal === undefined) throw notEncrypted(store);
  refuseWhileInUse(store);
  const watch = new RepairWatch(options, kind);
  const made = join(store, unfinishedConversion(kind));
  let next: SealKeys | undefined;
  try {
    await watch.pause();
    mkdirSync(made, { recursive: true, mode: 0o700 });
    if (kind !== 'decrypt') next = await newKeys(made, encryption, options.keys ?? seal?.keys ?? 'hidden');
    const from = filesOf(seal);
    const to = filesOf(next);
    return await convert({ kind, store, made, from, to, options, startWorkers, watch });
  } catch (cause) {
    const error = watch.errorOf(ioError(cause, kind, store));
    if (HOPELESS.has(error.code)) rmSync(made, { recursive: true, force: true });
    throw error;
  } finally {
    watch.close();
    for (const keys of [seal, next]) if (keys !== undefined) forget(keys);
  }
}

/** What an earlier try had left to do was only to put all in place. */
async function finished(kind: ConversionKind, store: string, encryption: EncryptionOptions): Promise<ConvertReport> {
  const { seal } = await unlocked({ directory: store, blobs: files }, false, kind === 'decrypt' ? {} : { encryption });
  try {
    const catalog = await LmdbCatalog.open(store, { create: false, readOnly: true, seal });
    try {
      return reportOf(store, catalog.collections(), { written: 0, kept: 0 }, 0, 0);
    } finally {
      await catalog.close();
    }
  } finally {
    if (seal !== undefined) forget(seal);
  }
}

function reportOf(
  store: string,
  collections: readonly CollectionManifest[],
  files: ConvertReport['files'],
  dropped: number,
  seconds: number,
): ConvertReport {
  const facts = collections.map(({ name, records }) => ({ name, records }));
  return { collections: facts, files, dropped, untouched: foreignNames(store), seconds };
}

/** The ring of an encryption: that of an earlier try, if it is the same. */
async function newKeys(made: string, encryption: EncryptionOptions, keys: KeysAtRest): Promise<SealKeys> {
  const found = storedRing(made);
  if (found !== undefined && found.keys !== keys) {
    rmSync(made, { recursive: true });
    mkdirSync(made, { mode: 0o700 });
  }
  if (found?.keys !== keys) await createRing(made, encryption, keys);
  return openRing(made, storedRing(made)!, encryption);
}

interface Conversion {
  readonly kind: ConversionKind;
  readonly store: string;
  readonly made: string;
  readonly from: Blobs;
  readonly to: Blobs;
  readonly options: ReturnType<typeof resolveConvertOptions>;
  readonly startWorkers: StartSalvagers;
  readonly watch: RepairWatch<ConversionKind>;
}

async function convert(conversion: Conversion): Promise<ConvertReport> {
  const { kind, store, made, from, to, watch } = conversion;
  const old = await LmdbCatalog.open(store, { create: false, readOnly: false, seal: from.seal });
  let lock: WriterLock | undefined;
  let snapshot: CatalogSnapshot | undefined;
  try {
    lock = await WriterLock.acquire(
      old,
      { directory: store, blobs: from, seal: from.seal },
      { operation: 'convert', wait: false },
    );
    removeBegunConversions(store, kind);
    const state = indexState(store, old);
    // Who changes the store meanwhile is found out at the end; until then all is read in one state.
    snapshot = old.snapshot();
    const dropped = new Set(snapshot.resumable().map(({ id }) => id));
    const step = async (bytes: number, records: number): Promise<void> => {
      watch.shared.add(bytes, records);
      await watch.pause();
    };
    const converting = { store, made, from, to, step };
    for (const name of [SHARDS_DIRECTORY, QUARANTINE_DIRECTORY]) makeDirectory(join(made, name));
    rmSync(join(made, INDEX_DIRECTORY), { recursive: true, force: true });
    checkRoom(store, bytesToWrite(snapshot, old, made), `${kind} of the store`);
    watch.begin(bytesToRead(snapshot, to));
    const shards = await convertShards(converting, snapshot);
    await makeIndex(conversion, snapshot, shards.entries);
    const collections = snapshot.collections();
    await convertRejected(
      converting,
      collections.map(({ name }) => name),
      dropped,
    );
    syncDirectory(made);
    await watch.pause();
    await decideConversion(store, kind, () => {
      refuseWhileInUse(store, process.pid);
      if (indexState(store, old) === state) return;
      const message = `another process changed ${store} meanwhile; nothing was converted: run it again`;
      throw new GristmillError('STORE_BUSY', message, { file: store });
    });
    const { written, kept } = shards;
    return reportOf(store, collections, { written, kept }, dropped.size, watch.done());
  } finally {
    snapshot?.release();
    await lock?.release();
    await old.close();
  }
}

/** Bytes of shard files that are not made yet, and of the index. */
function bytesToWrite(snapshot: CatalogRead, { bytes }: LmdbCatalog, made: string): number {
  const shards = snapshot.collections().reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const directory = join(made, SHARDS_DIRECTORY);
  const there = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  return Math.max(0, shards - there) + bytes;
}

/** Bytes of shard files: each is read once more where trees are made anew. */
function bytesToRead(old: CatalogRead, { seal }: Blobs): number {
  return old.collections().reduce((sum, { storedBytes, keySalt }) => {
    const isMadeAnew = keySalt !== undefined || seal?.keys === 'hidden';
    return sum + (isMadeAnew ? 2 : 1) * storedBytes;
  }, 0);
}

async function makeIndex(
  { kind, store, made, from, to, options, startWorkers, watch }: Conversion,
  old: CatalogRead,
  shards: Awaited<ReturnType<typeof convertShards>>['entries'],
): Promise<void> {
  // Not beside the shards: an index is made only where there are none.
  const beside = join(made, BESIDE);
  rmSync(beside, { recursive: true, force: true });
  const temporary = join(made, TEMPORARY_DIRECTORY);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o700 });
  const threads = options.workers;
  const { pause } = watch;
  const workers = startWorkers(threads, to.seal);
  try {
    const catalog = await LmdbCatalog.open(beside, { create: true, readOnly: false, seal: to.seal });
    try {
      const tools = { blobs: to, workers, threads, temporary, shared: watch.shared.buffer, pause, rewritten: [] };
      const rebuildFor = (id: string) => new Rebuild(tools, id);
      await convertIndex({ kind, made, from, to, old, catalog, shards, id: randomUUID(), rebuildFor, pause });
    } finally {
      await catalog.close();
    }
  } catch (error) {
    throw watch.errorOf(ioError(error, 'make the new index of', store));
  } finally {
    await workers.close();
    rmSync(temporary, { recursive: true, force: true });
  }
  await syncFile(join(beside, CATALOG_FILE));
  syncDirectory(join(beside, INDEX_DIRECTORY));
  renameSync(join(beside, INDEX_DIRECTORY), join(made, INDEX_DIRECTORY));
  rmSync(beside, { recursive: true });
}
