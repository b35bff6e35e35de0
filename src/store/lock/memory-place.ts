// store at rest: [directory]
//
// A place in memory instead of a directory: what a store in it holds is gone with the object, and nothing is ever written
// to disk.

import { GristmillError } from '../../base/errors.js';
import { MemoryCatalog, MemoryIndex } from '../catalog/memory-catalog.js';
import type { StorePlace } from '../files/blobs.js';
import { CATALOG_FILE } from '../files/layout.js';
import { MemoryBlobs } from '../files/memory-blobs.js';

export class MemoryPlace implements StorePlace {
  /** The beginning of paths, also in error messages. */
  readonly directory = 'memory';
  readonly blobs = new MemoryBlobs();
  readonly #index = new MemoryIndex();

  /** @throws GristmillError STORE_NOT_FOUND when there is no store yet and none is to be made. */
  async openCatalog(options: { readonly create: boolean; readonly readOnly: boolean }): Promise<MemoryCatalog> {
    const catalog = new MemoryCatalog(`${this.directory}/${CATALOG_FILE}`, this.#index, options.readOnly);
    if (options.create) await catalog.create();
    if (catalog.hasHeader) return catalog;
    const message = 'there is no store in this memory: import something into it first';
    throw new GristmillError('STORE_NOT_FOUND', message, { file: this.directory });
  }
}

/** The place that a user's object stands for. */
export let placeOf: (memory: Memory) => MemoryPlace;

/** A place for a store in memory. `memory()` makes it. Only a store can change its content. */
export class Memory {
  readonly #place = new MemoryPlace();

  static {
    placeOf = (memory) => memory.#place;
  }

  /** Returns the bytes of a file, such as `quarantine` of a report. @throws GristmillError IO_ERROR if there is none */
  read(path: string): Buffer {
    const file = this.#place.blobs.open(path, 'file');
    const bytes = Buffer.alloc(file.size);
    file.readSync(bytes, 0);
    return bytes;
  }
}

/**
 * Makes an empty place for a store in memory, for tests: `openStore(memory())` writes nothing to disk. If you open the same
 * object again, it has the same data, like a directory. Imports run in the calling thread.
 */
export function memory(): Memory {
  return new Memory();
}

export function memoryIsPlain(): TypeError {
  return new TypeError('a store in memory is not encrypted, because nothing of it is at rest');
}
