// store at rest: [catalog]
//
// The digest of all values of the index of an encrypted store: the sum of a pseudorandom number for each value in its place
// (index-seal.ts). Each transaction changes it by what it writes. So an index in which a value was removed, added, moved or
// put back from an older state does not have its digest any more, and whoever has no key cannot make one.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../../base/errors.js';
import type { DatabaseSeal, IndexSeal } from '../../seal/index-seal.js';

const KEY = Buffer.of(0);
const VERSION = 1;
const WORDS = 8;
const WORD = 2 ** 32;
const COUNT_AT = 1;
const SUM_AT = COUNT_AT + 8;
const BYTES = SUM_AT + 4 * WORDS;
/** Values between two turns of others. */
const STEP = 2048;

/** A database of LMDB. */
export interface SealedDatabase {
  get(key: Uint8Array, within?: object): Buffer | undefined;
  getRange(options: object): Iterable<{ readonly key: Uint8Array; readonly value: Buffer }>;
  putSync(key: Uint8Array, value: Buffer): unknown;
}

/** The databases of an encrypted store. */
export interface SealedIndex {
  readonly meta: SealedDatabase;
  readonly pages: SealedDatabase;
  readonly state: SealedDatabase;
  readonly seal: IndexSeal;
}

export class Digest {
  readonly #words = new Uint32Array(WORDS);
  #count = 0;

  add(element: Buffer): void {
    this.#count++;
    let carry = 0;
    for (let i = 0; i < WORDS; i++) {
      const sum = this.#words[i]! + element.readUInt32LE(4 * i) + carry;
      this.#words[i] = sum;
      carry = sum >= WORD ? 1 : 0;
    }
  }

  remove(element: Buffer): void {
    this.#count--;
    let borrow = 0;
    for (let i = 0; i < WORDS; i++) {
      const rest = this.#words[i]! - element.readUInt32LE(4 * i) - borrow;
      this.#words[i] = rest;
      borrow = rest < 0 ? 1 : 0;
    }
  }

  equals(other: Digest): boolean {
    return this.#count === other.#count && this.#words.every((word, i) => word === other.#words[i]);
  }

  /** Keeps it in the index, within a write transaction. @returns what LMDB returns */
  putTo({ state, seal }: SealedIndex): unknown {
    const bytes = Buffer.alloc(BYTES);
    bytes[0] = VERSION;
    bytes.writeBigInt64LE(BigInt(this.#count), COUNT_AT);
    this.#words.forEach((word, i) => void bytes.writeUInt32LE(word, SUM_AT + 4 * i));
    return state.putSync(KEY, seal.state.seal(KEY, bytes));
  }

  /** The one that is kept in the index. Undefined where there is none that is sound. @param held the read transaction */
  static of({ state, seal }: SealedIndex, held?: object): Digest | undefined {
    const sealed = state.get(KEY, held);
    const bytes = sealed && seal.state.open(KEY, sealed);
    if (bytes === undefined || bytes.byteLength !== BYTES || bytes[0] !== VERSION) return undefined;
    const digest = new Digest();
    digest.#count = Number(bytes.readBigInt64LE(COUNT_AT));
    for (let i = 0; i < WORDS; i++) digest.#words[i] = bytes.readUInt32LE(SUM_AT + 4 * i);
    return digest;
  }
}

/** Whether nothing is in the index, of a transaction. */
export function isEmptyIndex({ meta, pages }: SealedIndex, held: object = {}): boolean {
  return [meta, pages].every((database) => Array.from(database.getRange({ ...held, limit: 1 })).length === 0);
}

/**
 * Compares the index of one state with its digest.
 * @param held the read transaction @param pause lets others have their turn, and throws to stop
 * @param tailsOf the same database with the tags alone of its values, which are read sooner
 * @throws GristmillError CHECKSUM_MISMATCH
 */
export async function checkDigest(
  index: SealedIndex,
  file: string,
  held: { readonly transaction: object },
  pause: () => Promise<void> = async () => void (await setImmediate()),
  tailsOf: (database: SealedDatabase) => SealedDatabase = (database) => database,
): Promise<void> {
  // First: it is sealed with the newest data key, which may have come since the ring was read.
  const kept = Digest.of(index, held);
  const found = new Digest();
  // Where there are two data keys, each value says which one it has. What is found now stays so: the state is of this moment.
  const only = index.seal.onlyKey;
  const shortOf = (database: SealedDatabase): SealedDatabase => (only === undefined ? database : tailsOf(database));
  for (const [database, seal] of [
    [index.meta, index.seal.meta],
    [index.pages, index.seal.pages],
  ] as const) {
    await addAll({ database: shortOf(database), seal, only }, found, held, pause);
  }
  // A store that is being made has neither.
  if (kept === undefined ? isEmptyIndex(index, held) : kept.equals(found)) return;
  throw alteredError(file);
}

/** @param only number of the data key, if all values have the same */
async function addAll(
  { database, seal, only }: { database: SealedDatabase; seal: DatabaseSeal; only: number | undefined },
  digest: Digest,
  held: object,
  pause: () => Promise<void>,
): Promise<void> {
  for (let after: Uint8Array | undefined; ; ) {
    const from = after === undefined ? {} : { start: after, exclusiveStart: true };
    const batch = Array.from(database.getRange({ ...from, limit: STEP, ...held }));
    for (const { key, value } of batch) digest.add(seal.element(key, value, only));
    if (batch.length < STEP) return;
    after = batch.at(-1)!.key;
    await pause();
  }
}

export function alteredError(file: string): GristmillError {
  const message = `the index ${file} is not as gristmill left it: values were removed, added, moved or put back from an older state; restore the store from a backup, or repair it`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file });
}
