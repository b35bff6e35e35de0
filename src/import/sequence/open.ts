// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Opens sources that are read in sequence: compressed and converted files and remote objects, as often as they are
// needed; pipes and streams, once.

import { statSync } from 'node:fs';
import {
  DETECTION_BYTES,
  LOOKED_BYTES_MAX,
  SMALL_COMPRESSED_BYTES_MAX,
  THREADLESS_BYTES_MAX,
} from '../../base/limits.js';
import { cancelledError } from '../../parallel/wire.js';
import { canCut } from '../codec/cuts/cutter.js';
import { DecodingThread } from '../feed/decoding.js';
import { Feeder } from '../feed/feeder.js';
import { type PartDecoder, PartFeed } from '../feed/part-feed.js';
import { filePieces, type Pieces, peek, pipePieces } from '../feed/pieces.js';
import { RecordedPieces } from '../feed/recorded-pieces.js';
import { type Coding, formatOf } from '../format/coding.js';
import { canCutFormat } from '../format/cuts/cutter.js';
import { openCoding } from '../format/open.js';
import { openSource } from '../source/open.js';
import type { Fingerprint, Source } from '../source/source.js';
import { DecodedFile } from './decoded-file.js';
import { Once } from './once.js';
import { type CodingOptions, codingFacts, codingFor, codingIn, openPlain, withDecoders } from './plain.js';
import { Sequence } from './sequence.js';
import type { Streams } from './streams.js';

/** Bytes that tell how a source is compressed; a compressed source that has no more is decoded without a thread. */
const HEAD_BYTES = THREADLESS_BYTES_MAX;
/** Of what is no file, and has no state to be known again by. */
const NO_FINGERPRINT: Fingerprint = { device: 0n, inode: 0n, bytes: 0, modifiedNs: 0n };

export interface SequenceOptions extends CodingOptions {
  readonly spanBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Records that are wanted: what comes after them may be cut off or damaged. */
  readonly limit?: number | undefined;
  /** Whether it is decoded in the calling thread, however large it is. */
  readonly isThreadless?: boolean;
  /** Absent where a source has to be a file that can be read again. */
  readonly streams?: Streams | undefined;
}

/** A source that is read in sequence, as the plan found it. */
export interface Sequential {
  /**
   * Its text from the beginning. That of a pipe or stream which is neither compressed nor converted, from where the plan has come.
   * @param decoder decodes parts beside each other, where the source can be cut
   */
  open(decoder?: PartDecoder): Promise<Sequence>;
  /** Whether it is a file, which can be read again, and be known again by its fingerprint. */
  readonly isFile: boolean;
}

/** A source, opened to be looked at. */
export interface Opened {
  readonly file: Source;
  /** Absent where it is read by position. */
  readonly sequential?: Sequential;
  /** Set where it is a compressed or converted file. */
  readonly coding?: Coding;
  /** Closes what is not needed any more when the plan is made. */
  close(): void;
}

/** @throws as `openSource`; SOURCE_FAILED, SOURCE_DAMAGED, CANCELLED */
export async function openToPlan(path: string, options: SequenceOptions, expected?: Fingerprint): Promise<Opened> {
  const { streams } = options;
  const opener =
    streams?.openerOf(path) ?? (isPipe(path) ? { pieces: () => pipePieces(path), isOnce: true } : undefined);
  if (streams && opener) {
    const pieces = () => opener.pieces(formatOf(path, options));
    if (opener.isOnce) {
      const once = await streams.opened(path, () => openOnce(path, pieces(), options));
      const open = (decoder?: PartDecoder) => once.open(decoder);
      return { file: once.looked, sequential: { open, isFile: false }, close: () => {} };
    }
    const open = (decoder?: PartDecoder) =>
      openSequence(path, expected ?? NO_FINGERPRINT, pieces(), { ...options, decoder });
    const file = await open();
    return { file, sequential: { open, isFile: false }, close: file.close };
  }
  const small = await openSmall(path, options, expected);
  if ('file' in small) return { ...small, close: () => small.file.close() };
  const { fingerprint, coding } = small;
  const sequence = await openSequence(path, fingerprint, filePieces(path, fingerprint), looking(options));
  const sequential = sequentialFile(path, fingerprint, options);
  return { file: sequence, sequential, coding, close: () => sequence.close() };
}

/** A file to be read in sequence. */
export function sequentialFile(path: string, fingerprint: Fingerprint, options: SequenceOptions): Sequential {
  const open = (decoder?: PartDecoder) =>
    openSequence(path, fingerprint, filePieces(path, fingerprint), { ...options, decoder });
  return { open, isFile: true };
}

/** A file that is read at any offset: a plain one, or a small one that is decoded. The fingerprint of any other. */
async function openSmall(
  path: string,
  options: SequenceOptions,
  expected?: Fingerprint,
): Promise<{ file: Source; coding?: Coding } | { fingerprint: Fingerprint; coding: Coding }> {
  const raw = openSource(path, 'read', expected);
  const coding = codingIn(raw, options);
  if (coding === undefined) return { file: raw };
  raw.close();
  const { fingerprint } = raw;
  if (fingerprint.bytes > SMALL_COMPRESSED_BYTES_MAX) return { fingerprint, coding };
  const file = await withDecoders(() => openPlain(path, { how: options, coding, expected: fingerprint })).catch(
    (error) => {
      if (options.limit === undefined) throw error;
    },
  );
  if (file === undefined) return { fingerprint, coding };
  if (file instanceof DecodedFile && file.isKept) return { file, coding };
  file.close();
  return { fingerprint, coding };
}

/** Only the beginning is looked at: a thread would take longer to start. */
function looking(options: SequenceOptions): SequenceOptions {
  return { ...options, spanBytes: DETECTION_BYTES, isThreadless: true };
}

/** A pipe or a stream. */
async function openOnce(path: string, given: Pieces, options: SequenceOptions): Promise<Once> {
  const begun = await begin(path, given, options);
  if (begun.coding === undefined || begun.isAll)
    return new Once(await sequenceOf(path, NO_FINGERPRINT, begun, options));
  const recorded = new RecordedPieces(begun.pieces, LOOKED_BYTES_MAX);
  const looked = { ...begun, pieces: recorded.looked() };
  return new Once(await sequenceOf(path, NO_FINGERPRINT, looked, looking(options)), {
    recorded,
    open: (pieces, decoder) => sequenceOf(path, NO_FINGERPRINT, { ...begun, pieces }, { ...options, decoder }),
  });
}

async function openSequence(
  path: string,
  fingerprint: Fingerprint,
  given: Pieces,
  options: SequenceOptions & { readonly decoder?: PartDecoder | undefined },
): Promise<Sequence> {
  return sequenceOf(path, fingerprint, await begin(path, given, options), options);
}

/** A source whose beginning has been looked at. */
interface Begun {
  readonly pieces: Pieces;
  /** Whether the beginning is all of it. */
  readonly isAll: boolean;
  readonly coding: Coding | undefined;
}

async function begin(path: string, given: Pieces, options: SequenceOptions): Promise<Begun> {
  const peeked = peek(given, HEAD_BYTES);
  const { head, pieces, isAll } = await unlessAborted(peeked, options.signal, () => given.close());
  return { pieces, isAll, coding: codingFor(path, head, options) };
}

async function sequenceOf(
  path: string,
  fingerprint: Fingerprint,
  { pieces, isAll, coding }: Begun,
  options: SequenceOptions & { readonly decoder?: PartDecoder | undefined },
): Promise<Sequence> {
  const { spanBytes, signal, isThreadless = false, decoder: parts } = options;
  const decoderFacts = codingFacts(path, options);
  const facts = {
    path,
    fingerprint,
    isFile: fingerprint !== NO_FINGERPRINT && fingerprint.version === undefined,
    signal,
  };
  if (coding !== undefined && !isAll && !isThreadless) {
    const decoding = { coding, facts: decoderFacts, spanBytes };
    if (parts && isCut(coding)) {
      return new Sequence(facts, (listener) => new PartFeed(decoding, pieces, parts, listener));
    }
    return new Sequence(facts, (listener) => new DecodingThread(decoding, pieces, listener));
  }
  const decoder = coding && (await openCoding(coding, decoderFacts));
  return new Sequence(facts, (listener) => new Feeder({ pieces, decoder, spanBytes }, listener));
}

/** Whether a source is cut into parts. What is decompressed and converted is not: where its text can be cut is known too late. */
function isCut({ codec, format }: Coding): boolean {
  if (codec !== undefined) return format === undefined && canCut(codec);
  return format !== undefined && canCutFormat(format);
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
