// source > plan > map > scan > key > [frame] > shard > verify > merge > publish; and back: location > [frame] > record
//
// The one importer of zstd-napi, and of its thin binding only: the high-level functions reset a context's parameters at
// every call. Contexts are reused, one of each per thread.
//
// Frames say how much text they hold and carry zstd's checksum (XXH64, its low half). A reader knows from the shard's
// seek table how much to expect, and compares before it allocates: a header may claim anything.

// The default import is the CommonJS module itself: Node's loader sees none of its names.
import binding from 'zstd-napi/binding.js';
import { GristmillError } from '../../base/errors.js';
import { FRAME_TEXT_BYTES_MAX } from '../../base/limits.js';
import { isOneFrame } from './zstd-frame.js';

/** `ZSTD_c_literalCompressionMode`, and its value for always: zstd.h has them beside the stable parameters, the binding not. */
const LITERALS = { mode: 1002, compressed: 1 } as const;

/**
 * The settings of level 1 for JSON in small frames (docs/decisions.md): longer matches, at fewer places. By itself zstd would
 * take them for a negative level and would not compress literals. Then shards would be a fifth larger.
 */
const FASTER: readonly (readonly [binding.CParameter, number])[] = [
  [binding.CParameter.minMatch, 7],
  [binding.CParameter.targetLength, 2],
  [LITERALS.mode, LITERALS.compressed],
];

/** Compresses frames at one level, from one reused context. */
export class Compressor {
  readonly #context = new binding.CCtx();
  #output = Buffer.alloc(0);

  /** @param level zstd's, −7 (fastest) … 22. */
  constructor(level: number) {
    this.#context.setParameter(binding.CParameter.compressionLevel, level);
    if (level === 1) for (const [parameter, value] of FASTER) this.#context.setParameter(parameter, value);
    this.#context.setParameter(binding.CParameter.contentSizeFlag, 1);
    this.#context.setParameter(binding.CParameter.checksumFlag, 1);
  }

  /** One whole frame. The bytes returned are valid until the next call. */
  encode(plain: Uint8Array): Uint8Array {
    const bound = binding.compressBound(plain.byteLength);
    if (this.#output.byteLength < bound) this.#output = Buffer.allocUnsafeSlow(bound);
    const length = this.#context.compress2(this.#output, plain);
    return this.#output.subarray(0, length);
  }
}

/** Bytes of a step of a `FrameStream`. */
const COMPRESSED_STEP_BYTES = 256 * 1024;

/** Compresses a text of any length into one frame, step by step, in threads of zstd. */
export class FrameStream {
  readonly #context = new binding.CCtx();
  readonly #output = Buffer.allocUnsafeSlow(COMPRESSED_STEP_BYTES);

  /** @param level zstd's, −7 (fastest) … 22. @param threads that compress beside the caller's */
  constructor(level: number, threads: number) {
    this.#context.setParameter(binding.CParameter.compressionLevel, level);
    this.#context.setParameter(binding.CParameter.checksumFlag, 1);
    this.#context.setParameter(binding.CParameter.nbWorkers, threads);
  }

  /** What there is of the frame after this text. Each part is valid until the next. */
  *write(plain: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < plain.byteLength; ) {
      const [, written, read] = this.#context.compressStream2(
        this.#output,
        plain.subarray(at),
        binding.EndDirective.continue,
      );
      at += read;
      if (written > 0) yield this.#output.subarray(0, written);
    }
  }

  /** The rest of the frame. */
  *end(): Generator<Uint8Array> {
    for (let left = 1; left > 0; ) {
      const [more, written] = this.#context.compressStream2(this.#output, new Uint8Array(), binding.EndDirective.end);
      left = more;
      if (written > 0) yield this.#output.subarray(0, written);
    }
  }
}

let decompressor: binding.DCtx | undefined;

/**
 * Decompresses one frame into the buffer that `room` returns for its size. It calls `room` after it has checked that the
 * frame claims that size.
 * @param plainBytes the bytes of text in the frame, as the seek table of the shard says.
 * @throws GristmillError CHECKSUM_MISMATCH for anything but exactly one sound frame of that size.
 */
export function decompressInto<Room extends Uint8Array>(
  room: (bytes: number) => Room,
  frame: Uint8Array,
  plainBytes: number,
  file: string,
  offset: number,
): Room {
  const damaged = (what: string, cause?: unknown): GristmillError =>
    new GristmillError('CHECKSUM_MISMATCH', `frame at byte ${offset} of ${file} is damaged: ${what}`, {
      file,
      offset,
      cause,
    });
  let claimed: number | null;
  try {
    claimed = binding.getFrameContentSize(frame);
  } catch (cause) {
    throw damaged('not a zstd frame', cause);
  }
  if (claimed !== plainBytes)
    throw damaged(`it claims ${claimed} bytes of text, but the seek table says ${plainBytes}`);
  if (plainBytes > FRAME_TEXT_BYTES_MAX)
    throw damaged(`it claims ${plainBytes} bytes of text, but a frame cannot have that many`);
  // zstd would go on with whatever frames and skippable frames follow.
  if (!isOneFrame(frame)) throw damaged('it is not exactly one frame with a checksum');
  decompressor ??= new binding.DCtx();
  const plain = room(plainBytes);
  let length: number;
  try {
    length = decompressor.decompress(plain, frame);
  } catch (cause) {
    throw damaged((cause as Error).message, cause);
  }
  if (length !== plainBytes) throw damaged(`it has ${length} bytes of text instead of ${plainBytes}`);
  return plain;
}

/** Bytes of text that the header of a frame claims; undefined where it claims none, or is no header. */
export function claimedBytes(frame: Uint8Array): number | undefined {
  try {
    return binding.getFrameContentSize(frame) ?? undefined;
  } catch {
    return undefined;
  }
}

/** zstd's own limit of a window, 2 GiB, as a power of 2. */
const WINDOW_LOG_MAX = 31;
/** Plain bytes of a step: two blocks of zstd. */
const STEP_BYTES = 256 * 1024;

/** What a step of `ZstdStream` did. */
export interface ZstdStep {
  /** Plain bytes, valid until the next step. */
  readonly plain: Uint8Array;
  /** Bytes of the input that were read. */
  readonly read: number;
  /** Whether the next step may give plain bytes without more input. */
  readonly isFull: boolean;
  /** Whether the frame has ended. The bytes after it were not read. */
  readonly isEnd: boolean;
}

/** Decompresses frames of any size, piece by piece, one after another. It takes the memory that a frame's window asks for. */
export class ZstdStream {
  readonly #context = new binding.DCtx();
  readonly #output = Buffer.allocUnsafeSlow(STEP_BYTES);

  constructor() {
    this.#context.setParameter(binding.DParameter.windowLogMax, WINDOW_LOG_MAX);
  }

  /** @param output for the plain bytes; memory of its own by default. @throws the error of zstd for bytes that are no frame */
  step(input: Uint8Array, output: Uint8Array = this.#output): ZstdStep {
    const [left, written, read] = this.#context.decompressStream(output, input);
    return { plain: output.subarray(0, written), read, isFull: written === output.byteLength, isEnd: left === 0 };
  }
}
