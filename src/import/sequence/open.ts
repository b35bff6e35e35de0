// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Opens sources that are read in sequence: compressed files and remote objects, as often as they are
// needed; pipes and streams, once.

import { statSync } from 'node:fs';
import { DETECTION_BYTES, SMALL_COMPRESSED_BYTES_MAX, THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { cancelledError } from '../../parallel/wire.js';
import type { CodecName } from '../codec/codec.js';
import { openDecoder } from '../codec/open.js';
import { openSource } from '../source/open.js';
import type { Fingerprint, Source } from '../source/source.js';
import { DecodedFile } from './decoded-file.js';
import { DecodingThread } from './decoding.js';
import { Feeder } from './feeder.js';
import { filePieces, type Pieces, peek, pipePieces } from './pieces.js';
import { codecFor, codecIn, type Decompression, limitsOf, openPlain, withDecoders } from './plain.js';
import { Sequence } from './sequence.js';
import type { Streams } from './streams.js';

/** Bytes that tell how a source is compressed; a compressed source that has no more is decoded without a thread. */
const HEAD_BYTES = THREADLESS_BYTES_MAX;
/** Of what is no file, and has no state to be known again by. */
const NO_FINGERPRINT: Fingerprint = { device: 0n, inode: 0n, bytes: 0, modifiedNs: 0n };

export interface SequenceOptions extends Decompression {
  readonly spanBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether it is decoded in the calling thread, however large it is. */
  readonly isThreadless?: boolean;
  /** Absent where a source has to be a file that can be read again. */
  readonly streams?: Streams | undefined;
}

/** A source that is read in sequence, as the plan found it. */
export interface Sequential {
  /** A compressed file or a remote object from its beginning. A pipe or stream from where the plan has come. */
  open(): Promise<Sequence>;
  /** Whether it is a file, which can be read again, and be known again by its fingerprint. */
  readonly isFile: boolean;
}

/** A source, opened to be looked at. */
export interface Opened {
  readonly file: Source;
  /** Absent where it is read by position. */
  readonly sequential?: Sequential;
  /** Set where it is compressed, and read by position. */
  readonly codec?: CodecName;
  /** Closes what is not needed any more when the plan is made. */
  close(): void;
}

/** @throws as `openSource`; SOURCE_FAILED, SOURCE_DAMAGED, CANCELLED */
export async function openToPlan(path: string, options: SequenceOptions, expected?: Fingerprint): Promise<Opened> {
  const { streams } = options;
  const opener =
    streams?.openerOf(path) ?? (isPipe(path) ? { pieces: () => pipePieces(path), isOnce: true } : undefined);
  if (streams && opener) {
    const anew = () => openSequence(path, NO_FINGERPRINT, opener.pieces(), options);
    const open = opener.isOnce ? () => streams.opened(path, anew) : anew;
    const file = await open();
    return { file, sequential: { open, isFile: false }, close: opener.isOnce ? () => {} : file.close };
  }
  const small = await openSmall(path, options, expected);
  if ('file' in small) return { ...small, close: () => small.file.close() };
  const { fingerprint } = small;
  // Only its beginning is looked at: a thread would take longer to start.
  const looking = { ...options, spanBytes: DETECTION_BYTES, isThreadless: true };
  const sequence = await openSequence(path, fingerprint, filePieces(path, fingerprint), looking);
  const sequential = sequentialFile(path, fingerprint, options);
  return { file: sequence, sequential, close: () => sequence.close() };
}

/** A file to be read in sequence. */
export function sequentialFile(path: string, fingerprint: Fingerprint, options: SequenceOptions): Sequential {
  return { open: () => openSequence(path, fingerprint, filePieces(path, fingerprint), options), isFile: true };
}

/** A file that is read at any offset: a plain one, or a small compressed one. The fingerprint of any other. */
async function openSmall(
  path: string,
  options: SequenceOptions,
  expected?: Fingerprint,
): Promise<{ file: Source; codec?: CodecName } | { fingerprint: Fingerprint }> {
  const raw = openSource(path, 'read', expected);
  const codec = codecIn(raw, options);
  if (codec === undefined) return { file: raw };
  raw.close();
  const { fingerprint } = raw;
  if (fingerprint.bytes > SMALL_COMPRESSED_BYTES_MAX) return { fingerprint };
  const file = await withDecoders(() => openPlain(path, { how: options, codec, expected: fingerprint }));
  if (file instanceof DecodedFile && file.isKept) return { file, codec };
  file.close();
  return { fingerprint };
}

async function openSequence(
  path: string,
  fingerprint: Fingerprint,
  given: Pieces,
  options: SequenceOptions,
): Promise<Sequence> {
  const { spanBytes, signal, isThreadless = false } = options;
  const { head, pieces, isAll } = await unlessAborted(peek(given, HEAD_BYTES), signal, () => given.close());
  const codec = codecFor(path, head, options);
  const limits = limitsOf(options);
  const facts = { path, fingerprint, isFile: fingerprint !== NO_FINGERPRINT, signal };
  if (codec !== undefined && !isAll && !isThreadless) {
    const decoding = { codec, path, limits, spanBytes };
    return new Sequence(facts, (listener) => new DecodingThread(decoding, pieces, listener));
  }
  const decoder = codec && (await openDecoder(codec, { path, limits }));
  return new Sequence(facts, (listener) => new Feeder({ pieces, decoder, spanBytes }, listener));
}

function isPipe(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
  } catch {
    return false; // opened as a file, which says why it cannot be
  }
}

/** @throws CANCELLED as soon as it is aborted, whatever becomes of the promise */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, stop: () => void): Promise<T> {
  if (signal === undefined) return promise;
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(cancelledError(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
