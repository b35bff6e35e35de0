// records > form > [pack]: codecs whose output cannot be put together from pieces: brotli, and zstd in one frame. Pieces are made
// in threads, and compressed one after another.

import { setImmediate } from 'node:timers/promises';
import { constants, createBrotliCompress } from 'node:zlib';
import { FrameStream } from '../../store/codec/zstd.js';
import type { Piece } from './piece.js';

/** One frame, compressed in threads of zstd; the calling thread hands over a piece a turn. */
export async function* singleFrame(
  pieces: AsyncIterable<Piece>,
  level: number,
  threads: number,
): AsyncGenerator<Uint8Array> {
  const frame = new FrameStream(level, threads);
  for await (const { bytes } of pieces) {
    // zstd-napi is never shown shared memory: what Node-API does with it is stated nowhere.
    yield* frame.write(Buffer.from(bytes));
    await setImmediate();
  }
  yield* frame.end();
}

/** One brotli stream, compressed in a thread of Node's pool. */
export async function* brotliStream(pieces: AsyncIterable<Piece>, level: number): AsyncGenerator<Uint8Array> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS };
  const brotli = createBrotliCompress({ params, chunkSize: CHUNK_BYTES });
  const feeding = feed(pieces, brotli);
  // The error is told below, when what came before it has been read.
  feeding.catch((error: Error) => brotli.destroy(error));
  try {
    for await (const chunk of brotli) yield chunk as Buffer;
    await feeding;
  } finally {
    brotli.destroy();
  }
}

/** Brotli's usual window, 4 MiB: readers allocate it. */
const WINDOW_BITS = 22;
const CHUNK_BYTES = 256 * 1024;

async function feed(pieces: AsyncIterable<Piece>, brotli: ReturnType<typeof createBrotliCompress>): Promise<void> {
  for await (const { bytes } of pieces) {
    await new Promise<void>((resolve, reject) => {
      brotli.once('close', resolve);
      brotli.write(Buffer.from(bytes), (error) => {
        brotli.off('close', resolve);
        if (error) reject(error);
        else resolve();
      });
    });
    if (brotli.destroyed) return;
  }
  brotli.end();
}
