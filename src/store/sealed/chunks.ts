// store at rest: [sealed]
//
// A file that is written once and read at any place: sorted runs, rejected records of a span, lines for a worker. It is
//
//   "GRSC" | seed (box.ts: version, data key, salt)
//   (64 KiB of ciphertext | 16 bytes tag) × n, the last one shorter, or as long
//
// Chunk i has the nonce u8 last | 3 bytes 0 | u64 i. So a chunk opens only at its place, and a file that was cut does not open.
// The names of the file and of its directory are authenticated with each chunk, so no other file opens in its place.

import { GristmillError } from '../../base/errors.js';
import type { BlobReader, BlobWriter } from '../files/blobs.js';
import { dataKeyOf } from '../seal/data-keys.js';
import { openInto, sealInto, TAG_BYTES } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import { calledAs, SEED_BYTES, type SealedKind, type Seed, seedOf } from './box.js';
import { areEqual } from './secrets.js';
import { nonceOf, SealedWriter } from './writer.js';

const NOTHING = Buffer.alloc(0);
const MAGIC = Buffer.from('GRSC');
const HEAD_BYTES = MAGIC.byteLength + SEED_BYTES;
const DATA_KEY_AT = MAGIC.byteLength + 2;
export const CHUNK_BYTES = 64 * 1024;
const STORED_BYTES = CHUNK_BYTES + TAG_BYTES;

/** A chunk as it is stored: one for the thread is enough, since nothing comes between reading one and opening it. */
const scratch = { stored: NOTHING, plain: NOTHING };
/**
 * The keys of files that this thread has found whole, and their sizes, by their heads: each has a salt of its own. A merge
 * opens each run dozens of times. Deriving its key and reading its last chunk would take as long as what it reads of it.
 */
const whole = new Map<string, Whole>();
const WHOLE_MAX = 4096;

interface Whole {
  readonly seed: Seed;
  /** What its key was derived from. */
  readonly dataKey: Uint8Array;
  readonly size: number;
}

/** Readers of other stores may still use some, so they are not overwritten. */
export function forgetFileKeys(): void {
  whole.clear();
}

/** The size of a file for so many bytes. */
export function chunkedBytes(plainBytes: number): number {
  return HEAD_BYTES + plainBytes + TAG_BYTES * Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));
}

export class ChunkWriter extends SealedWriter {
  readonly #about: Buffer;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #filled = 0;

  /** @param file just made, and empty. @param path its own */
  constructor(file: BlobWriter, path: string, keys: SealKeys, kind: SealedKind) {
    super(file, keys, kind, MAGIC);
    this.#about = aboutOf(path);
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#filled === CHUNK_BYTES) this.#put(false);
      const part = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.byteLength;
      at += part.byteLength;
    }
  }

  protected end(): void {
    this.#put(true);
  }

  #put(isLast: boolean): void {
    const chunk = this.#chunk.subarray(0, this.#filled);
    this.#filled = 0;
    const stored = storedRoom().subarray(0, chunk.byteLength + TAG_BYTES);
    sealInto(this.key, chunkNonce(this.next++, isLast), this.#about, chunk, stored);
    this.write(stored);
  }
}

export class ChunkReader implements BlobReader {
  readonly size: number;
  /** Nothing that another thread could read as it is. */
  readonly descriptor = undefined;
  readonly #file: BlobReader;
  readonly #path: string;
  readonly #about: Buffer;
  readonly #seed: Seed;
  readonly #last: number;
  /** Memory for a chunk, once one is read in parts. */
  #plain = NOTHING;
  /** The chunk in `#plain`. */
  #open: { readonly index: number; readonly bytes: number } | undefined;

  /** @throws GristmillError CHECKSUM_MISMATCH for a file that is not sealed so, or was cut */
  constructor(file: BlobReader, path: string, keys: SealKeys, kind: SealedKind) {
    this.#file = file;
    this.#path = path;
    this.#about = aboutOf(path);
    const head = Buffer.alloc(HEAD_BYTES);
    const isWhole = file.readSync(head, 0) === HEAD_BYTES && head.subarray(0, MAGIC.byteLength).equals(MAGIC);
    const id = `${kind} ${Buffer.concat([keys.storeId, head, this.#about]).toString('latin1')}`;
    const number = head.readUInt16LE(DATA_KEY_AT);
    const dataKey = dataKeyOf(keys, number)?.key;
    const found = whole.get(id);
    const known = found && dataKey && areEqual(found.dataKey, dataKey) ? found : undefined;
    const seed = known?.seed ?? (isWhole ? seedOf(keys, kind, head.subarray(MAGIC.byteLength)) : undefined);
    if (seed === undefined || dataKey === undefined) throw this.#damaged(0);
    this.#seed = seed;
    const body = file.size - HEAD_BYTES;
    this.#last = Math.max(0, Math.ceil(body / STORED_BYTES) - 1);
    this.size = body - TAG_BYTES * (this.#last + 1);
    if (known?.size === file.size) return;
    // Only the last chunk says that the file is whole.
    this.#keep(this.#last);
    if (whole.size === WHOLE_MAX) forgetFileKeys();
    whole.set(id, { seed, dataKey, size: file.size });
  }

  readSync(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.byteLength && offset + done < this.size) {
      const at = offset + done;
      const index = Math.floor(at / CHUNK_BYTES);
      const from = at - index * CHUNK_BYTES;
      const isKept = this.#open?.index === index;
      if (from === 0 && !isKept && into.byteLength - done >= CHUNK_BYTES) {
        done += this.#read(index, into.subarray(done, done + CHUNK_BYTES));
        continue;
      }
      const bytes = isKept ? this.#open!.bytes : this.#keep(index);
      const part = this.#plain.subarray(from, Math.min(bytes, from + into.byteLength - done));
      into.set(part, done);
      done += part.byteLength;
    }
    return done;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    return this.readSync(into, offset);
  }

  close(): void {
    this.#file.close();
    this.#open = undefined;
    if (this.#plain !== NOTHING) scratch.plain = this.#plain;
    this.#plain = NOTHING;
  }

  /** A chunk into `#plain`. @returns its bytes */
  #keep(index: number): number {
    // Where it cannot be read, nothing is left of the one before.
    this.#open = undefined;
    if (this.#plain === NOTHING) {
      this.#plain = scratch.plain === NOTHING ? Buffer.allocUnsafeSlow(CHUNK_BYTES) : scratch.plain;
      scratch.plain = NOTHING;
    }
    const bytes = this.#read(index, this.#plain);
    this.#open = { index, bytes };
    return bytes;
  }

  /** A chunk. @returns its bytes */
  #read(index: number, into: Uint8Array): number {
    const offset = HEAD_BYTES + index * STORED_BYTES;
    const stored = storedRoom();
    const found = this.#file.readSync(stored.subarray(0, Math.max(0, this.#file.size - offset)), offset);
    const bytes = Math.max(0, found - TAG_BYTES);
    const nonce = chunkNonce(index, index === this.#last);
    const sealed = stored.subarray(0, found);
    if (!openInto(this.#seed.key, nonce, this.#about, sealed, into.subarray(0, bytes))) throw this.#damaged(offset);
    return bytes;
  }

  #damaged(offset: number): GristmillError {
    const message = `${this.#path} is damaged at byte ${offset}: it is not as gristmill sealed it`;
    return new GristmillError('CHECKSUM_MISMATCH', message, { file: this.#path, offset });
  }
}

/** What is authenticated with each chunk. */
function aboutOf(path: string): Buffer {
  return Buffer.concat([MAGIC, calledAs(path)]);
}

function storedRoom(): Buffer {
  if (scratch.stored === NOTHING) scratch.stored = Buffer.allocUnsafeSlow(STORED_BYTES);
  return scratch.stored;
}

function chunkNonce(index: number, isLast: boolean): Buffer {
  return nonceOf(index, isLast ? 1 : 0);
}
