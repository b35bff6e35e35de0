// [share]: snapshot > [files] > in place
//
// A directory in which other tools find exactly the records of one generation: a folder for each collection, and in it plain
// `.ndjson.zst` files. Shards of which all records are live are linked. Others are written once more without their dead records,
// and so are the records of transactions, which have no file yet.
//
// A file's name says what is in it: a shard's file never changes, and what was written has a hash of its content in its name, or the
// generation. So a tool that lists the files of one generation and opens them when there is another reads what it listed, or
// finds no file. And what the last run wrote of the same shard, with the same dead records, is linked, not written again.

import { createHash } from 'node:crypto';
import { linkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { checkCollectionName } from '../../base/names.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { files } from '../../store/files/file-blobs.js';
import { syncDirectory, syncFile } from '../../store/files/io.js';
import { makeDirectory, shardFileName, shardPath } from '../../store/files/layout.js';
import { escapedCollection } from '../../store/quarantine/names.js';
import { hasOnly, hasShapeOf, isAsRead } from '../../store/shards/joined/exact.js';
import { byFile } from '../../store/shards/joined/joined.js';
import { isRaw, PACKED } from '../../store/shards/packing.js';
import { ShardReader } from '../../store/shards/read.js';
import { ShardWriter } from '../../store/shards/write.js';
import type { Catalog, CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { holesOf, type LiveSource, writeLive } from '../compact/live-shard.js';
import { copyShard } from '../convert/copy-shard.js';
import { linkOrCopy } from '../link-or-copy.js';
import { resolveShareOptions, type ShareOptions, type ShareReport } from './options.js';
import { ShareTarget } from './target.js';

/**
 * @param trustShared whether the group of the directory that gets the files is trusted
 * @param closing cancels as the option `signal` does
 * @throws GristmillError SHARE_TARGET_NOT_EMPTY, STORE_NOT_TRUSTED, COLLECTION_NOT_FOUND, CANCELLED, CHECKSUM_MISMATCH,
 * DISK_FULL, IO_ERROR: then what was there stays; TypeError for a wrong option
 */
export async function share(
  catalog: Catalog,
  place: StorePlace,
  target: string,
  trustShared: boolean,
  given?: ShareOptions,
  closing?: AbortSignal,
): Promise<ShareReport> {
  const began = performance.now();
  const { collection, copy, signal } = resolveShareOptions(given, closing);
  if (typeof target !== 'string' || target === '') throw new TypeError('the directory to share must be a string');
  const snapshot = catalog.snapshot();
  try {
    const manifests = chosen(snapshot, collection);
    const shared = new ShareTarget(resolve(target), trustShared);
    try {
      const files = { linked: 0, copied: 0, written: 0, kept: 0 };
      const sharing = { ...place, snapshot, mustCopy: copy, signal, files, last: shared.last };
      let records = 0;
      for (const manifest of manifests) {
        await shareCollection(sharing, manifest, join(shared.partial, escapedCollection(manifest.name)));
        records += manifest.records;
      }
      syncDirectory(shared.partial);
      throwIfCancelled(signal);
      shared.place();
      const facts = { generation: snapshot.generation(), collections: manifests.length, records, files };
      return { directory: shared.directory, ...facts, seconds: Math.round(performance.now() - began) / 1000 };
    } catch (error) {
      shared.discard();
      throw error;
    }
  } finally {
    snapshot.release();
  }
}

interface Sharing extends StorePlace {
  readonly snapshot: CatalogSnapshot;
  readonly mustCopy: boolean;
  readonly signal: AbortSignal | undefined;
  /** Counted. */
  readonly files: { linked: number; copied: number; written: number; kept: number };
  /** The directory that the last run has made. */
  readonly last: string | undefined;
}

function chosen(snapshot: CatalogSnapshot, collection: string | undefined): readonly CollectionManifest[] {
  const manifests = snapshot.collections();
  if (collection === undefined) return manifests;
  const found = manifests.filter(({ name }) => name === collection);
  if (found.length > 0) return found;
  checkCollectionName(collection);
  const names = manifests.map(({ name }) => name).join(', ');
  const message = `the store has no collection ${collection}; its collections: ${names}`;
  throw new GristmillError('COLLECTION_NOT_FOUND', message);
}

async function shareCollection(sharing: Sharing, manifest: CollectionManifest, folder: string): Promise<void> {
  const { snapshot, directory, seal, mustCopy, signal } = sharing;
  makeDirectory(folder);
  for (const [file, entries] of byFile(snapshot.shards(manifest))) {
    throwIfCancelled(signal);
    // Inline shards are together under the empty name.
    const isAsShared =
      file !== '' &&
      seal === undefined &&
      entries.every((entry) => isAsRead(snapshot, manifest, entry)) &&
      hasOnly(sharing, entries);
    if (isAsShared) await shareFile(sharing, shardPath(directory, file), join(folder, file), mustCopy);
    else for (const entry of entries) await writeShard(sharing, manifest, entry, folder);
    await setImmediate();
  }
  syncDirectory(folder);
}

async function shareFile({ files }: Sharing, from: string, to: string, mustCopy: boolean): Promise<void> {
  if (await linkOrCopy(from, to, mustCopy)) {
    files.linked++;
    return;
  }
  files.copied++;
  await syncFile(to);
}

/** Writes the live records of a shard to a file, if it has any. */
async function writeShard(
  sharing: Sharing,
  manifest: CollectionManifest,
  entry: ShardEntry,
  folder: string,
): Promise<void> {
  const { snapshot, signal } = sharing;
  const dead = snapshot.tombstoneState(entry.shard)?.dead ?? 0;
  if (dead === entry.records) return;
  const content = contentOf(sharing, manifest, entry);
  const name = shardFileName(entry.shard).replace('.', `-${content ?? snapshot.generation()}.`);
  const path = join(folder, name);
  if (content !== undefined && wasWritten(sharing, folder, name)) return;
  const source = { ...sharing, manifest, throwIfCancelled: () => throwIfCancelled(signal) };
  const how = { compression: (await isRaw(sharing, entry)) ? 'none' : 'zstd', level: PACKED.level } as const;
  const writer = ShardWriter.create(files, path, how);
  try {
    const isWhole = entry.fileNumber !== 0 && isAsRead(snapshot, manifest, entry);
    await (isWhole ? copyOf(source, entry, writer) : writeLive(source, { entry, shape: manifest.shape ?? 0 }, writer));
  } catch (error) {
    writer.abort();
    throw error;
  }
  await syncFile(path);
  sharing.files.written++;
}

/** Digits of a hash in a name: no two files of one shard have the same. */
const CONTENT_DIGITS = 32;

/** A hash of what is written of a shard; undefined where that depends on more than its file and its dead records. */
function contentOf({ snapshot }: Sharing, manifest: CollectionManifest, entry: ShardEntry): string | undefined {
  if (entry.fileNumber === 0 || !hasShapeOf(manifest, entry)) return undefined;
  const hash = createHash('sha256').update(`${entry.sha256} ${entry.named} `);
  return hash.update(holesOf(entry, snapshot).encode()).digest('hex').slice(0, CONTENT_DIGITS);
}

/** Takes over what the last run has written under this name, if it did. */
function wasWritten({ last, files }: Sharing, folder: string, name: string): boolean {
  if (last === undefined) return false;
  try {
    linkSync(join(last, basename(folder), name), join(folder, name));
  } catch {
    // It is not there, or this file system has no links.
    return false;
  }
  files.kept++;
  return true;
}

/** The frames of a shard that has live records only are not made again. */
async function copyOf(source: LiveSource, entry: ShardEntry, writer: ShardWriter): Promise<void> {
  const reader = ShardReader.open(source.blobs, shardPath(source.directory, entry.file), entry);
  try {
    await copyShard(reader, writer, async () => {
      source.throwIfCancelled();
      await setImmediate();
    });
  } finally {
    reader.close();
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new GristmillError('CANCELLED', 'nothing was shared: the work was cancelled', { cause: signal.reason });
}
