// Compressed files of each form, made by other programs: Node's zlib, zstd.

import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { CodecName } from '../../src/import/codec/codec.js';
import { Compressor } from '../../src/store/codec/zstd.js';

/** One zstd frame with its size and checksum. */
export const zstdFrame = (plain: Uint8Array, level = 3): Buffer => Buffer.from(new Compressor(level).encode(plain));

export interface Form {
  readonly codec: CodecName;
  /** One member of the form: the smallest whole file. */
  readonly compress: (plain: Buffer) => Buffer;
  /** Whether a file may have several members. */
  readonly hasMembers: boolean;
  /** Whether a changed byte is found by a checksum. */
  readonly hasChecksum: boolean;
  /** Whether zeros after the last member are allowed. */
  readonly hasPadding: boolean;
}

export const FORMS: readonly Form[] = [
  { codec: 'gzip', compress: (plain) => gzipSync(plain), hasMembers: true, hasChecksum: true, hasPadding: true },
  { codec: 'zstd', compress: (plain) => zstdFrame(plain), hasMembers: true, hasChecksum: true, hasPadding: false },
  {
    codec: 'brotli',
    compress: (plain) => brotliCompressSync(plain),
    hasMembers: false,
    hasChecksum: false,
    hasPadding: false,
  },
];
