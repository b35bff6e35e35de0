// key > index page > location > frame cache > [frame] > record
//
// The shards that lookups have open: as many files at a time as descriptors allow. All shards of a joined file read through
// one descriptor.

import { LRUCache } from 'lru-cache';
import type { BlobReader, Blobs, StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { ShardReader } from '../../store/shards/read.js';
import type { ShardEntry } from '../../store/types.js';

/** Files open at a time: a quarter of the usual limit of descriptors. */
const FILES_OPEN_MAX = 256;

type ShardName = Pick<ShardEntry, 'file' | 'fileNumber'>;

export class OpenFiles {
  readonly #place: StorePlace;
  readonly #files = new LRUCache<string, OpenFile>({ max: FILES_OPEN_MAX, dispose: (file) => file.close() });

  constructor(place: StorePlace) {
    this.#place = place;
  }

  /** The open shard, if it is open. */
  get({ file, fileNumber }: ShardName): ShardReader | undefined {
    return this.#files.get(file)?.readers.get(fileNumber);
  }

  /** @throws GristmillError with cause ENOENT when another process has replaced it meanwhile. */
  open(entry: ShardEntry): ShardReader {
    const { directory, blobs } = this.#place;
    const open = this.#files.get(entry.file) ?? new OpenFile(blobs);
    const reader = ShardReader.open(open, shardPath(directory, entry.file), entry);
    open.readers.set(entry.fileNumber, reader);
    this.#files.set(entry.file, open);
    return reader;
  }

  /** Closes a shard, and its file with the last one. */
  forget({ file, fileNumber }: ShardName): void {
    const open = this.#files.get(file);
    open?.readers.get(fileNumber)?.close();
    open?.readers.delete(fileNumber);
    if (open?.readers.size === 0) this.#files.delete(file);
  }

  clear(): void {
    this.#files.clear();
  }
}

/** A file with its open shards, each of which closes it: the last one does. */
class OpenFile implements Pick<Blobs, 'open' | 'seal'> {
  readonly seal: Blobs['seal'];
  /** By file number. */
  readonly readers = new Map<number, ShardReader>();
  readonly #blobs: Blobs;
  #file: BlobReader | undefined;
  #users = 0;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
    this.seal = blobs.seal;
  }

  open(path: string, what: string): BlobReader {
    this.#file ??= this.#blobs.open(path, what);
    const file = this.#file;
    this.#users++;
    return {
      ...{ size: file.size, descriptor: file.descriptor },
      readSync: (into, offset) => file.readSync(into, offset),
      read: (into, offset) => file.read(into, offset),
      close: () => {
        if (--this.#users > 0) return;
        this.#file = undefined;
        file.close();
      },
    };
  }

  close(): void {
    for (const reader of this.readers.values()) reader.close();
  }
}
