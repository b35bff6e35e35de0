// store at rest: [catalog]
//
// Whether a commit has room on its disk, asked before LMDB writes. lmdb-js 3.5.6 says where a write failed in a buffer of
// 100 bytes that the text may not fit into (mdb.c, mdb_page_flush, "Attempting to write page"): on a full disk that now and
// then ends the process, by SIGABRT, with the store as it was.

import { dirname } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { isMissing } from '../../base/system-errors.js';
import { freeBytes } from '../files/io.js';
import { removedError } from './opening.js';

/** What a commit of next to nothing takes: copies of the pages it changes, and the list of free ones. */
const LEAST_BYTES = 128 * 1024;
/** B-tree pages are at least half full. */
const PAGES_PER_BYTE = 2;
/** Values put between two questions; before the second, only what `LEAST_BYTES` has room for. */
const STEP_BYTES = 1024 * 1024;
const FIRST_STEP_BYTES = 32 * 1024;
/** So much more room than is needed is not gone in so many milliseconds: it would take a disk of 10 GB a second. */
const AMPLE_BYTES = 1024 * 1024 * 1024;
const AMPLE_MILLISECONDS = 100;

/** An estimate, not a reservation: others may take the room meanwhile, and quotas are not seen. */
export class CommitRoom {
  readonly #file: string;
  #taken = 0;
  #asked = 0;
  /** When there was ample room. */
  #ampleAt = Number.NEGATIVE_INFINITY;

  /** @param file that grows by what is committed */
  constructor(file: string) {
    this.#file = file;
  }

  /** A transaction begins. @throws DISK_FULL, IO_ERROR; STORE_CLOSED where the directory of the index is gone */
  begin(): void {
    this.#taken = 0;
    try {
      this.#ask(FIRST_STEP_BYTES);
    } catch (error) {
      throw isMissing(error) ? removedError(this.#file) : error;
    }
  }

  /** So many bytes more are put. @throws DISK_FULL, IO_ERROR */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken > this.#asked) this.#ask(this.#taken + STEP_BYTES);
  }

  /** @param upTo bytes may be put before it is asked again */
  #ask(upTo: number): void {
    this.#asked = upTo;
    const now = performance.now();
    if (now - this.#ampleAt < AMPLE_MILLISECONDS) return;
    const needed = LEAST_BYTES + this.#taken * PAGES_PER_BYTE;
    const free = freeBytes(dirname(this.#file));
    if (free >= needed + AMPLE_BYTES) this.#ampleAt = now;
    if (free >= needed) return;
    const message = `no room to commit to ${this.#file}: the commit may need ${needed} bytes, but only ${free} are free; free some space on its file system and try again`;
    throw new GristmillError('DISK_FULL', message, { file: this.#file, bytesNeeded: needed });
  }
}
