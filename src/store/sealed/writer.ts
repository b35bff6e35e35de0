// store at rest: [sealed]
//
// What the writers of sealed files have in common (chunks.ts, log.ts): a head with a key of its own, numbered pieces, and an end
// that says that the file is whole.

import type { BlobWriter } from '../files/blobs.js';
import { NONCE_BYTES } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import { newSeed, type SealedKind } from './box.js';

export abstract class SealedWriter implements BlobWriter {
  readonly #file: BlobWriter;
  protected readonly key: Buffer;
  /** Number of the next piece. */
  protected next = 0;
  /** Nothing more is written: it was closed, or a write failed. */
  #isOver = false;

  /** @param magic what the file, or its segment, begins with */
  constructor(file: BlobWriter, keys: SealKeys, kind: SealedKind, magic: Buffer) {
    this.#file = file;
    const { head, key } = newSeed(keys, kind);
    this.key = key;
    file.append(Buffer.concat([magic, head]));
  }

  get size(): number {
    return this.#file.size;
  }

  abstract append(bytes: Uint8Array): void;

  /** Writes the last piece. */
  protected abstract end(): void;

  close(): void {
    try {
      if (!this.#isOver) this.end();
    } finally {
      this.#isOver = true;
      this.#file.close();
    }
  }

  protected write(piece: Uint8Array): void {
    // An error leaves it over.
    this.#isOver = true;
    this.#file.append(piece);
    this.#isOver = false;
  }
}

/** The nonce of a numbered piece. @param mark its first byte */
export function nonceOf(number: number, mark = 0): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce[0] = mark;
  nonce.writeBigUInt64LE(BigInt(number), 4);
  return nonce;
}
