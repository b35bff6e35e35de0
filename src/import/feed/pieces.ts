// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The bytes of a source in the order they come: of a file, a pipe, a stream of Node or of the web, whatever can be iterated.

import { closeSync, constants, open as openFile, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { GristmillError } from '../../base/errors.js';
import { quietly } from '../../base/system-errors.js';
import { jsonText } from '../../keys/json-text.js';
import type { FormatName } from '../format/coding.js';
import type { Fingerprint } from '../source/source.js';
import { changedError } from '../source/source-file.js';

/** Bytes of a file read at once. */
const READ_BYTES = 256 * 1024;

/** Pieces of a source, to be iterated once. A piece belongs to whoever takes it. */
export interface Pieces extends AsyncIterable<Uint8Array> {
  /** Stops, even where the next piece is awaited. Idempotent. */
  close(): void;
}

/** A stream that a caller hands in as a source: of bytes or texts, or of values, each of which becomes a record. */
export type StreamSource = AsyncIterable<unknown> | ReadableStream<unknown> | Iterable<unknown>;

/** The whole of a file in this state. @throws SOURCE_CHANGED, IO_ERROR */
export function filePieces(path: string, fingerprint: Fingerprint): Pieces {
  let isClosed = false;
  return {
    async *[Symbol.asyncIterator]() {
      const file = await open(path, 'r');
      try {
        for (let at = 0; at < fingerprint.bytes && !isClosed; ) {
          const piece = await readAt(file, path, at, Math.min(READ_BYTES, fingerprint.bytes - at));
          at += piece.byteLength;
          yield piece;
        }
      } finally {
        await file.close();
      }
    },
    close() {
      isClosed = true;
    },
  };
}

async function readAt(file: FileHandle, path: string, offset: number, bytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(bytes);
  let bytesRead: number;
  try {
    ({ bytesRead } = await file.read(target, 0, bytes, offset));
  } catch (cause) {
    const facts = { file: path, offset, cause };
    throw new GristmillError('IO_ERROR', `Reading ${path} failed at byte ${offset}.`, facts);
  }
  if (bytesRead === 0) throw changedError(path);
  return target.subarray(0, bytesRead);
}

/** What comes out of a pipe that has a name. It waits for a writer, as every reader of a pipe does. */
export function pipePieces(path: string): Pieces {
  let socket: Socket | undefined;
  let isOpening = false;
  let isClosed = false;
  return {
    async *[Symbol.asyncIterator]() {
      isOpening = true;
      const fd = await openLater(path, constants.O_RDONLY);
      isOpening = false;
      // Not as a file: a thread would hang in each read.
      socket = new Socket({ fd, readable: true, writable: false });
      if (isClosed) socket.destroy();
      else yield* streamPieces(path, socket);
    },
    close() {
      isClosed = true;
      socket?.destroy();
      if (isOpening) quietly(() => closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)));
    },
  };
}

const openLater = promisify(openFile);

/**
 * Bytes as they are, texts as UTF-8, and each other value as a line of JSON.
 * @throws SOURCE_FAILED where the stream fails, or gives what has no JSON
 */
export function streamPieces(name: string, stream: StreamSource, format?: FormatName): Pieces {
  const readable = stream instanceof ReadableStream ? Readable.fromWeb(stream as never) : stream;
  // Without a listener, an error before it is iterated would end the process.
  if (readable instanceof Readable) readable.on('error', () => {});
  // A generator may fill the same buffer again for its next piece. A stream reads ahead, so it does not.
  const isShared = !(readable instanceof Readable);
  return {
    async *[Symbol.asyncIterator]() {
      let values = 0;
      try {
        for await (const value of readable as AsyncIterable<unknown>) {
          const piece = bytesOf(value, ++values, format);
          yield isShared ? new Uint8Array(piece) : piece;
        }
      } catch (cause) {
        if (cause instanceof GristmillError) throw cause;
        const message = `${name} failed before its end: ${cause instanceof Error ? cause.message : String(cause)}. The store was not changed.`;
        throw new GristmillError('SOURCE_FAILED', message, { file: name, cause });
      }
    },
    close() {
      if (readable instanceof Readable) readable.destroy();
    },
  };
}

function bytesOf(value: unknown, number: number, format: FormatName | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === 'string') return Buffer.from(value);
  if (format !== undefined) {
    throw new TypeError(
      `value ${number} is neither bytes nor text, so it cannot be ${format}. Leave out option format`,
    );
  }
  return Buffer.from(`${jsonText(value, `value ${number}`)}\n`);
}

/** Pieces whose beginning has been looked at. */
interface Peeked {
  /** The first bytes: more than were asked for, if there are more. */
  readonly head: Uint8Array;
  readonly isAll: boolean;
  /** All of the pieces. */
  readonly pieces: Pieces;
}

/** Looks at the first bytes of pieces. Where they fail later than in the first piece, all of them fail there too. */
export async function peek(pieces: Pieces, bytes: number): Promise<Peeked> {
  const rest = pieces[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let isAll = false;
  let failure: { readonly error: unknown } | undefined;
  for (let length = 0; length <= bytes && !isAll; ) {
    try {
      const { done, value } = await rest.next();
      isAll = done === true;
      if (done) break;
      taken.push(value);
      length += value.byteLength;
    } catch (error) {
      if (length === 0) throw error;
      failure = { error };
      break;
    }
  }
  const whole = {
    async *[Symbol.asyncIterator]() {
      try {
        yield* taken;
        if (failure) throw failure.error;
        for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
      } finally {
        await rest.return?.();
      }
    },
    close() {
      pieces.close();
      // Where they are not iterated, what they hold has no other owner.
      rest.return?.().catch(() => {});
    },
  };
  return { head: Buffer.concat(taken), isAll, pieces: whole };
}
