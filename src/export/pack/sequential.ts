// records > form > [pack]: codecs whose output cannot be put together from pieces: brotli, and zstd in one frame. Pieces are made
// in threads, and compressed one after another.

import { setImmediate } from 'node:timers/promises';
import { type BrotliCompress, constants, createBrotliCompress } from 'node:zlib';
import { zstd } from '../../store/codec/zstd/implementation.js';
import { type Piece, stopped } from './piece.js';

/** One frame, compressed in threads of zstd; the calling thread hands over a piece a turn. */
export async function* singleFrame(
  pieces: AsyncIterable<Piece>,
  level: number,
  threads: number,
): AsyncGenerator<Uint8Array> {
  const frame = zstd().frameWriter(level, threads);
  for await (const { bytes } of pieces) {
    // Each part is valid until the next one.
    for (const part of frame.write(bytes)) yield Buffer.from(part);
    await setImmediate();
  }
  for (const part of frame.end()) yield Buffer.from(part);
}

/** One brotli stream, compressed in a thread of Node's pool. @param signal ends it with CANCELLED, in the middle of a piece too */
export async function* brotliStream(
  pieces: AsyncIterable<Piece>,
  level: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS };
  const brotli = createBrotliCompress({ params, chunkSize: CHUNK_BYTES });
  const stop = (): void => void brotli.destroy(stopped());
  signal?.addEventListener('abort', stop, { once: true });
  const feeding = feed(pieces, brotli);
  // The error is told below, when what came before it has been read.
  feeding.catch((error: Error) => brotli.destroy(error));
  try {
    for await (const chunk of brotli) yield chunk as Buffer;
    await feeding;
  } finally {
    signal?.removeEventListener('abort', stop);
    brotli.destroy();
    // It ends the pieces, and their threads.
    await feeding.catch(() => {});
  }
}

/** Brotli's usual window, 4 MiB: readers allocate it. */
const WINDOW_BITS = 22;
const CHUNK_BYTES = 256 * 1024;
/** Bytes compressed at a time: at the highest level, a tenth of a second of work. */
const STEP_BYTES = 64 * 1024;

async function feed(pieces: AsyncIterable<Piece>, brotli: BrotliCompress): Promise<void> {
  for await (const { bytes } of pieces) {
    for (let at = 0; at < bytes.byteLength; at += STEP_BYTES) {
      await written(brotli, bytes.subarray(at, at + STEP_BYTES));
      if (brotli.destroyed) return;
    }
  }
  brotli.end();
}

/** Resolves when more may be written, and when the stream is destroyed. */
function written(brotli: BrotliCompress, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (brotli.destroyed) return resolve();
    const done = (): void => {
      brotli.off('close', done);
      resolve();
    };
    brotli.once('close', done);
    // An error of the stream is told by whoever reads it.
    brotli.write(bytes, done);
  });
}
