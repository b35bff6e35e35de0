// source > plan > [map > scan > key > frame > shard > verify > merge] > publish
//
// Where an import writes before anything of it is visible, and how that goes away again: its own directory under `tmp/` for
// sorted runs, and shard files under numbers nobody else gets.

import { dirname } from 'node:path';
import { quietly } from '../../base/system-errors.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { temporaryPath } from '../../store/files/layout.js';

export class Workspace {
  readonly place: StorePlace;
  /** The directory for files that nothing needs when the import has ended. */
  readonly temporary: string;
  /** Shard files that nothing names yet. */
  #unnamed: string[] = [];

  constructor(place: StorePlace, id: string) {
    this.place = place;
    this.temporary = temporaryPath(place.directory, id);
  }

  /** @param shardPaths the shard files that the import will write. @throws DISK_FULL, IO_ERROR */
  open(shardPaths: readonly string[]): void {
    this.#unnamed = [...shardPaths];
    this.place.blobs.makeDirectory(this.temporary);
  }

  /** Another shard file that the import will write. */
  add(shardPath: string): void {
    this.#unnamed.push(shardPath);
  }

  /** Keeps the shards: they were published, or it is not known whether they were. */
  leaveShards(): void {
    this.#unnamed = [];
  }

  /**
   * Removes the files that are not needed any more. The removal is durable when the lock is given back. A file that cannot
   * be removed only takes space, so it is never a reason to fail.
   */
  async close(): Promise<void> {
    const { blobs } = this.place;
    for (const path of this.#unnamed) quietly(() => blobs.remove(path));
    await blobs.removeDirectory(this.temporary).catch(() => {});
    // It is not empty while other imports are under way.
    blobs.removeEmpty(dirname(this.temporary));
  }
}
