// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Whether a source is compressed, and how.

import type { CodecName } from './codec.js';

interface Beginning {
  readonly codec: CodecName;
  readonly bytes: readonly number[];
  /** Bits that belong to it; all, where it is not given. */
  readonly masks?: readonly number[];
}

const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

/** The first bytes: RFC 1952, RFC 8878 (a frame; a skippable frame), and the descriptions of bzip2, xz and LZ4. */
const BEGINNINGS: readonly Beginning[] = [
  { codec: 'gzip', bytes: [0x1f, 0x8b] },
  { codec: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { codec: 'zstd', bytes: [0x50, 0x2a, 0x4d, 0x18], masks: [0xf0, 0xff, 0xff, 0xff] },
  { codec: 'bzip2', bytes: ascii('BZh') },
  { codec: 'xz', bytes: [0xfd, ...ascii('7zXZ'), 0] },
  { codec: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18] },
];

/** How many of a file's first bytes `codecOf` needs. */
export const CODEC_HEAD_BYTES = Math.max(...BEGINNINGS.map(({ bytes }) => bytes.length));

/**
 * The compressed form of a file, by its first bytes. Brotli has no bytes of its own, so it is found by the name (`.br`), if
 * the file does not begin as another form does.
 * @param head at least the first `CODEC_HEAD_BYTES` bytes, or the whole file
 * @returns undefined if it is not compressed
 */
export function codecOf(path: string, head: Uint8Array): CodecName | undefined {
  const found = BEGINNINGS.find(({ bytes, masks }) =>
    bytes.every((byte, i) => i < head.byteLength && (head[i]! & (masks?.[i] ?? 0xff)) === byte),
  );
  return found?.codec ?? (/\.br$/i.test(path) ? 'brotli' : undefined);
}
