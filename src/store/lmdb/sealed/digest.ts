// store at rest: [catalog]
//
// The digest of all values of the index of an encrypted store: the sum of a pseudorandom number for each value in its place
// (index-seal.ts). Each transaction changes it by what it writes. So an index in which a value was removed, added, moved or
// put back from an older state does not have its digest any more, and whoever has no key cannot make one.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../../base/errors.js';
import type { DatabaseSeal, IndexSeal } from '../../seal/index-seal.js';
import { JOURNAL_END, JOURNAL_START } from '../journal/values.js';

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
  /** The unnamed database: it has the journal. */
  readonly root: SealedDatabase;
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
 * @throws GristmillError CHECKSUM_MISMATCH
 */
export async function checkDigest(
  index: SealedIndex,
  file: string,
  held: { readonly transaction: object },
  pause: () => Promise<void> = async () => void (await setImmediate()),
): Promise<void> {
  const kept = Digest.of(index, held);
  const found = new Digest();
  for (const [database, seal, range] of [
    [index.meta, index.seal.meta, {}],
    [index.pages, index.seal.pages, {}],
    [index.root, index.seal.journal, { start: JOURNAL_START, end: JOURNAL_END }],
  ] as const) {
    await addAll(database, seal, found, { ...held, ...range }, pause);
  }
  // A store that is being made has neither.
  if (kept === undefined ? isEmptyIndex(index, held) : kept.equals(found)) return;
  throw alteredError(file);
}

async function addAll(
  database: SealedDatabase,
  seal: DatabaseSeal,
  digest: Digest,
  held: object,
  pause: () => Promise<void>,
): Promise<void> {
  for (let after: Uint8Array | undefined; ; ) {
    const from = after === undefined ? {} : { start: after, exclusiveStart: true };
    const batch = Array.from(database.getRange({ ...held, ...from, limit: STEP }));
    for (const { key, value } of batch) digest.add(seal.element(key, value));
    if (batch.length < STEP) return;
    after = batch.at(-1)!.key;
    await pause();
  }
}

export function alteredError(file: string): GristmillError {
  const message = `the index ${file} is not as gristmill left it: values were removed, added, moved or put back from an older state; restore the store from a backup, or repair it`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file });
}
