// key > index page > location > frame cache > [frame] > record, in a thread of its own
//
// What the thread of background loads does: it reads frames from a file that the main thread has open, verifies and
// decompresses them, finds their lines, and leaves the bytes in memory that both threads see. Descriptors belong to the whole
// process, so it opens nothing, and what the main thread still has open can be read also when it has been deleted.

import { GristmillError } from '../../base/errors.js';
import { type Answer, answer } from '../../parallel/wire.js';
import { type FrameDecoder, newBuffer, type Room } from '../../store/codec/frame-codec.js';
import { readAt } from '../../store/files/file-blobs.js';
import { decoderOf, type SealedShard } from '../../store/sealed/frames.js';
import { openFrame } from '../../store/shards/frame.js';
import type { FrameSpan } from '../../store/shards/read.js';

export interface FrameJob {
  readonly id: number;
  /** The file stays open until the job is answered. */
  readonly descriptor: number;
  readonly path: string;
  readonly spans: readonly FrameSpan[];
  /** What opens them; absent in a plain store. */
  readonly sealed?: SealedShard | undefined;
  /** What frames are put in, as long as there is room; the job has it alone until it is answered. */
  readonly shared: SharedArrayBuffer;
}

/** A frame in shared memory, or in a buffer of its own where that was full. */
export interface LoadedFrame {
  readonly plain: Uint8Array;
  readonly lines: Uint32Array;
  readonly ascii: boolean;
}

export interface FrameAnswers {
  readonly id: number;
  /** One for each span. */
  readonly answers: readonly Answer<LoadedFrame>[];
}

/** Compressed bytes of one frame, and its text; those of larger ones are not kept. */
const scratch = { stored: Buffer.allocUnsafeSlow(64 * 1024), plain: Buffer.allocUnsafeSlow(64 * 1024) };
/** zstd-napi is never shown shared memory: what Node-API does with it is stated nowhere. */
const room: Room = (bytes) => within(scratch.plain, bytes);

interface OpenedShard extends Pick<FrameJob, 'descriptor' | 'path'> {
  readonly codec: FrameDecoder;
}

export function loadFrames({ id, descriptor, path, spans, sealed, shared }: FrameJob): FrameAnswers {
  const memory = new SharedRoom(shared);
  const shard = { descriptor, path, codec: decoderOf(sealed) };
  return { id, answers: spans.map((span) => answer(() => loadFrame(shard, span, memory))) };
}

function loadFrame({ descriptor, path, codec }: OpenedShard, span: FrameSpan, memory: SharedRoom): LoadedFrame {
  const { index, offset, storedBytes, plainBytes, records } = span;
  const stored = within(scratch.stored, storedBytes);
  const done = readAt(descriptor, path, stored, offset);
  if (done < storedBytes) {
    const message = `shard ${path} ends at byte ${offset + done}, inside a frame`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path, offset: offset + done });
  }
  const decoded = codec.decode(room, stored, plainBytes, path, offset, index);
  const { plain, lines, ascii } = openFrame(decoded, { path, linesOf: () => records }, index);
  return { plain: memory.copy(plain), lines: memory.copy(lines), ascii };
}

function within(buffer: Buffer, bytes: number): Buffer {
  return bytes <= buffer.byteLength ? buffer.subarray(0, bytes) : newBuffer(bytes);
}

/** Shared memory that is filled from its beginning. */
class SharedRoom {
  readonly #shared: SharedArrayBuffer;
  #used = 0;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = shared;
  }

  /** A copy that the other thread sees too; where there is no room left it is an ordinary one. */
  copy<Bytes extends Uint8Array | Uint32Array>(bytes: Bytes): Bytes {
    const Class = (bytes instanceof Uint32Array ? Uint32Array : Uint8Array) as ViewClass;
    const at = Math.ceil(this.#used / Class.BYTES_PER_ELEMENT) * Class.BYTES_PER_ELEMENT;
    const isFull = at + bytes.byteLength > this.#shared.byteLength;
    const copy = isFull ? new Class(bytes.length) : new Class(this.#shared, at, bytes.length);
    copy.set(bytes);
    if (!isFull) this.#used = at + bytes.byteLength;
    return copy as Bytes;
  }
}

interface ViewClass {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Uint8Array | Uint32Array;
  new (shared: SharedArrayBuffer, at: number, length: number): Uint8Array | Uint32Array;
}
