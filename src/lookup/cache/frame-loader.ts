// key > index page > location > frame cache > [frame] > record, in a thread of its own
//
// What the thread of background loads does: it reads frames from a file that the main thread has open, verifies and
// decompresses them, finds their lines, and hands the bytes over. Descriptors belong to the whole process, so it opens
// nothing, and what the main thread still has open can be read also when it has been deleted.

import { GristmillError } from '../../base/errors.js';
import { type Answer, answer } from '../../parallel/wire.js';
import { decodeFrame } from '../../store/codec/frame-codec.js';
import { files, readAt } from '../../store/files/file-blobs.js';
import { openFrame } from '../../store/shards/frame.js';
import type { FrameSpan } from '../../store/shards/read.js';

export interface FrameJob {
  readonly id: number;
  /** The file stays open until the job is answered. */
  readonly descriptor: number;
  readonly path: string;
  readonly spans: readonly FrameSpan[];
}

/** A frame whose buffers are whole and may be handed to another thread. */
export interface LoadedFrame {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly lines: Uint32Array<ArrayBuffer>;
  readonly ascii: boolean;
}

export interface FrameAnswers {
  readonly id: number;
  /** One for each span. */
  readonly answers: readonly Answer<LoadedFrame>[];
}

/** Compressed bytes of one frame; those of larger ones are not kept. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

export function loadFrames({ id, descriptor, path, spans }: FrameJob): FrameAnswers {
  return { id, answers: spans.map((span) => answer(() => loadFrame(descriptor, path, span))) };
}

/** The buffers of the frames that were loaded, for handing over. */
export function buffersOf({ answers }: FrameAnswers): ArrayBuffer[] {
  return answers.flatMap((answered) =>
    answered.kind === 'done' ? [answered.value.plain.buffer, answered.value.lines.buffer] : [],
  );
}

function loadFrame(descriptor: number, path: string, span: FrameSpan): LoadedFrame {
  const { index, offset, storedBytes, plainBytes, records } = span;
  const stored =
    storedBytes <= scratch.byteLength ? scratch.subarray(0, storedBytes) : Buffer.allocUnsafeSlow(storedBytes);
  const done = readAt(descriptor, path, stored, offset);
  if (done < storedBytes) {
    const message = `shard ${path} ends at byte ${offset + done}, inside a frame`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path, offset: offset + done });
  }
  const plain = decodeFrame(files.codec, stored, plainBytes, path, offset);
  return openFrame(plain, { path, linesOf: () => records }, index) as LoadedFrame;
}
