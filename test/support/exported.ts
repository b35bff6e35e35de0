// Exports of a collection as bytes, for the tests of exports.

import { execFileSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ReadableCollection, StreamOptions } from '../../dist/src/index.js';

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function exported(collection: ReadableCollection, options?: StreamOptions): Promise<Buffer> {
  return bytesOf(collection.stream(options));
}

/** The texts of all records, in source order. */
export async function textsIn(collection: ReadableCollection): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of collection.scanText()) texts.push(text);
  return texts;
}

/** Decoders that others wrote, by codec. */
export const DECODERS = {
  none: (bytes: Buffer) => bytes,
  gz: (bytes: Buffer) => gunzipSync(bytes),
  br: (bytes: Buffer) => brotliDecompressSync(bytes),
  zst: (bytes: Buffer) => execFileSync('zstd', ['-dcq'], { input: bytes, maxBuffer: 1 << 28 }),
} as const;
