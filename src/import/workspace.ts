// source > plan > [map > scan > key > frame > shard > verify > merge] > publish
//
// Where an import writes before anything of it is visible, and how that goes away again: its own directory under `tmp/` for
// sorted runs, and shard files under numbers nobody else gets.

import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SHARDS_DIRECTORY, TEMPORARY_DIRECTORY } from '../store/files.js';
import { ioError, syncDirectory } from '../store/io.js';

/** The sorted runs of a span. @param temporary see Workspace */
export function runPathOf(temporary: string, shard: number): string {
  return join(temporary, `${shard}.run`);
}

export class Workspace {
  /** The store's directory. */
  readonly store: string;
  /** For files nobody needs when the import has ended. */
  readonly temporary: string;
  /** Shard files that nothing names yet. */
  #unnamed: readonly string[] = [];

  constructor(store: string, id: string) {
    this.store = store;
    this.temporary = join(store, TEMPORARY_DIRECTORY, id);
  }

  /** @param shardPaths what the import is going to write. @throws DISK_FULL, IO_ERROR */
  open(shardPaths: readonly string[]): void {
    this.#unnamed = shardPaths;
    try {
      // Recursive: an import that ends at this moment may remove the empty `tmp/`.
      mkdirSync(this.temporary, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw ioError(cause, 'make directory', this.temporary);
    }
  }

  /** The shards were published, or nobody knows whether they were: they stay. */
  leaveShards(): void {
    this.#unnamed = [];
  }

  /** Removes what is not needed any more. What cannot be removed is only in the way: never a reason to fail. */
  close(): void {
    for (const path of this.#unnamed) quietly(() => rmSync(path, { force: true }));
    quietly(() => rmSync(this.temporary, { recursive: true, force: true }));
    // Fails, as it should, while other imports are under way.
    quietly(() => rmdirSync(dirname(this.temporary)));
    // Before the lock is given back: a power cut must not bring back what nobody looks for any more.
    if (this.#unnamed.length > 0) quietly(() => syncDirectory(join(this.store, SHARDS_DIRECTORY)));
    quietly(() => syncDirectory(dirname(this.temporary)));
    quietly(() => syncDirectory(this.store));
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See `close`.
  }
}
