// store at rest: [catalog]
//
// The databases of an encrypted store, to be written to within a write transaction: each value is sealed as it is put, and
// the digest of the state is kept up.

import { GristmillError } from '../../../base/errors.js';
import type { WritableByteMap } from '../../catalog/write.js';
import type { DatabaseSeal } from '../../seal/index-seal.js';
import { alteredError, Digest, isEmptyIndex, type SealedDatabase, type SealedIndex } from './digest.js';

/** What one write transaction does to the digest. */
export class SealedWrites {
  readonly #index: SealedIndex;
  readonly #file: string;
  readonly #digest: Digest;

  /**
   * @param anyState whether the index may have no digest that is sound
   * @throws GristmillError CHECKSUM_MISMATCH
   */
  constructor(index: SealedIndex, file: string, anyState: boolean) {
    this.#index = index;
    this.#file = file;
    const kept = Digest.of(index);
    if (kept === undefined && !anyState && !isEmptyIndex(index)) throw alteredError(file);
    this.#digest = kept ?? new Digest();
  }

  /** @param plain writes values as they are given */
  target(plain: WritableByteMap, database: 'meta' | 'pages' | 'journal'): WritableByteMap {
    const stored: SealedDatabase = this.#index[database === 'journal' ? 'root' : database];
    const seal: DatabaseSeal = this.#index.seal[database];
    const digest = this.#digest;
    const leave = (key: Uint8Array): boolean => {
      const old = stored.get(key);
      if (old !== undefined) digest.remove(seal.element(key, old));
      return old !== undefined;
    };
    return {
      put(key, value) {
        const sealed = seal.seal(key, value);
        leave(key);
        plain.put(key, sealed);
        digest.add(seal.element(key, sealed));
      },
      remove: (key) => leave(key) && plain.remove(key),
      keys: (range) => plain.keys(range),
    };
  }

  /** At the end of the transaction. @throws GristmillError IO_ERROR */
  settle(): void {
    if (this.#digest.putTo(this.#index) !== false) return;
    throw new GristmillError('IO_ERROR', `LMDB refused to put a value in ${this.#file}`, { file: this.#file });
  }
}
