// [reencrypt]: begin > [files] > values > rejected records > end
//
// Shard files that are sealed with older data keys are written once more, frame by frame, under new numbers: with the same
// frames of zstd, the same lines and ordinals. Each is published in a transaction of its own, as a compaction publishes its files.

import { dirname } from 'node:path';
import { failpoint } from '../../base/failpoints.js';
import { quietly } from '../../base/system-errors.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { reserveShards } from '../../store/publish/publisher.js';
import type { SealKeys } from '../../store/seal/types.js';
import { JoinedWriter } from '../../store/shards/joined/join-write.js';
import { byFile, dataKeysOfFile } from '../../store/shards/joined/joined.js';
import { PACKED } from '../../store/shards/packing.js';
import { ShardReader } from '../../store/shards/read.js';
import { type ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { Catalog, ShardEntry } from '../../store/types.js';
import { publishRewritten, total } from '../compact/publish-rewritten.js';
import { copyShard } from '../convert/copy-shard.js';
import { checkRoom } from '../convert/room.js';

type Step = (bytes: number, records: number) => Promise<void>;

/** A file that is to be written once more. */
export interface StaleFile {
  readonly collection: string;
  /** All shards that the catalog names in it, in the order in which they lie there. */
  readonly entries: readonly ShardEntry[];
}

export class StaleFiles {
  readonly #catalog: Catalog;
  readonly #place: StorePlace & { readonly seal: SealKeys };
  /** Files that are sealed with the active data key. They do not change. */
  readonly #renewed = new Set<string>();

  constructor(catalog: Catalog, place: StorePlace & { readonly seal: SealKeys }) {
    this.#catalog = catalog;
    this.#place = place;
  }

  /** Bytes of the files that are to be written, and how many others there are. */
  count(): { readonly bytes: number; readonly kept: number } {
    const bytes = this.find().reduce((sum, { entries }) => sum + total(entries, 'storedBytes'), 0);
    return { bytes, kept: this.#renewed.size };
  }

  /** Asks whether the largest file can be written once more. @throws GristmillError DISK_FULL */
  checkRoom(): void {
    this.#catalog.refresh();
    const files = this.#catalog
      .collections()
      .flatMap(({ open: _, ...manifest }) => [
        ...byFile(this.#catalog.shards(manifest).filter(({ fileNumber }) => fileNumber !== 0)).values(),
      ]);
    const largest = files.reduce((most, entries) => Math.max(most, total(entries, 'storedBytes')), 0);
    checkRoom(this.#place.directory, largest, 'the exchange of data keys');
  }

  /** The files that are to be written. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR */
  find(): readonly StaleFile[] {
    this.#catalog.refresh();
    return this.#catalog.collections().flatMap(({ open: _, ...manifest }) => {
      // Inline shards are in the index.
      const files = [...byFile(this.#catalog.shards(manifest))].filter(([file]) => file !== '' && this.#isStale(file));
      return files.map(([, entries]) => ({ collection: manifest.name, entries: inPlaceOrder(entries) }));
    });
  }

  #isStale(file: string): boolean {
    if (this.#renewed.has(file)) return false;
    const { directory, blobs, seal } = this.#place;
    const path = shardPath(directory, file);
    const blob = blobs.open(path, 'shard');
    try {
      const isRenewed = [...dataKeysOfFile(blob, path, seal)].every((number) => number === seal.active);
      if (isRenewed) this.#renewed.add(file);
      return !isRenewed;
    } finally {
      blob.close();
    }
  }

  /** Writes a file, and publishes it. @throws GristmillError STORE_BUSY, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `step` throws */
  async renew({ collection, entries }: StaleFile, lock: WriterLock, step: Step): Promise<void> {
    const first = await reserveShards(this.#catalog, entries.length);
    const file = shardFileName(first, true);
    const path = shardPath(this.#place.directory, file);
    try {
      const after = await this.#write(path, entries, step);
      const named = after.map((entry, i) => ({ ...entry, fileNumber: first + i, file }));
      failpoint('reencrypt.file');
      await publishRewritten(this.#catalog, lock, collection, entries, named, 'reencrypt');
      this.#renewed.add(file);
    } catch (error) {
      // Where the commit itself failed nobody knows: the file stays, and so does the lock.
      quietly(() => {
        this.#catalog.assertOpen();
        this.#place.blobs.remove(path);
      });
      throw error;
    }
  }

  async #write(path: string, entries: readonly ShardEntry[], step: Step): Promise<readonly ShardEntry[]> {
    const { directory, blobs } = this.#place;
    const copy = async (entry: ShardEntry, writer: ShardWriter): Promise<ShardSummary> => {
      const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
      try {
        return await copyShard(reader, writer, step);
      } finally {
        reader.close();
      }
    };
    const [only] = entries as [ShardEntry];
    if (only.at === undefined) {
      const writer = ShardWriter.create(blobs, path, PACKED, only.shard);
      try {
        const summary = await copy(only, writer);
        await blobs.sync(path);
        blobs.syncDirectory(dirname(path));
        return [{ ...only, ...summary }];
      } catch (error) {
        writer.abort();
        throw error;
      }
    }
    const writer = new JoinedWriter(blobs, path);
    try {
      const written: ShardEntry[] = [];
      for (const entry of entries) {
        const at = writer.bytes;
        const summary = await writer.write(entry.shard, (part) => copy(entry, part));
        written.push({ ...entry, ...summary, at });
      }
      await writer.finish();
      return written;
    } catch (error) {
      writer.abort();
      throw error;
    }
  }
}

function inPlaceOrder(entries: readonly ShardEntry[]): readonly ShardEntry[] {
  return entries.toSorted((left, right) => (left.at ?? 0) - (right.at ?? 0));
}
