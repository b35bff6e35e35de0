// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The checks that a block of xz may have: none, CRC32, CRC64 or SHA-256.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { WasmDecoders } from '../forms/wasm.js';

/** The check of one block. */
export interface Check {
  /** @param plain in the memory of the decoder */
  add(plain: Uint8Array): void;
  /** As it stands in the file. */
  end(): Buffer;
}

export interface CheckKind {
  readonly bytes: number;
  begin(wasm: WasmDecoders): Check;
}

const NONE: CheckKind = {
  bytes: 0,
  begin: () => ({ add() {}, end: () => Buffer.alloc(0) }),
};

const CRC32: CheckKind = {
  bytes: 4,
  begin() {
    let value = 0;
    return {
      add(plain) {
        value = crc32(plain, value);
      },
      end() {
        const stored = Buffer.alloc(4);
        stored.writeUInt32LE(value);
        return stored;
      },
    };
  },
};

const CRC64: CheckKind = {
  bytes: 8,
  begin(wasm) {
    let value = 0n;
    return {
      add(plain) {
        value = wasm.crc64(value, plain.byteOffset, plain.byteLength);
      },
      end() {
        const stored = Buffer.alloc(8);
        stored.writeBigUInt64LE(BigInt.asUintN(64, value));
        return stored;
      },
    };
  },
};

const SHA256: CheckKind = {
  bytes: 32,
  begin() {
    const hash = createHash('sha256');
    return { add: (plain) => void hash.update(plain), end: () => hash.digest() };
  },
};

/** By the number in the header of a stream. */
export const CHECKS: ReadonlyMap<number, CheckKind> = new Map([
  [0, NONE],
  [1, CRC32],
  [4, CRC64],
  [10, SHA256],
]);
