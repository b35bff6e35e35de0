// [repair]: [shards] > entries > pages > index in place
//
// How frames are found where no table leads to them: those of zstd by their magic number and their own headers, sealed ones by
// theirs. What a sealed frame says of itself is authenticated when it is opened.

import type { FrameDecoder } from '../../store/codec/frame-codec.js';
import { FRAME_MAGIC, frameBytesAt } from '../../store/codec/zstd/frame.js';
import { claimedBytes } from '../../store/codec/zstd/zstd.js';
import type { FileWindow } from '../../store/files/file-window.js';
import { decoderOf, type SealedShard } from '../../store/sealed/frames.js';
import { FRAME_HEADER_BYTES, SEALED_FRAME_PATTERN, sealedFrameFacts } from '../../store/sealed/shard-key.js';

export interface FrameForm {
  readonly codec: FrameDecoder;
  /** Whether frames say their numbers. */
  readonly isNumbered: boolean;
  /** What each frame begins with. */
  readonly beginning: Buffer;
  /** Bytes of the frame at `offset`, as its headers say; undefined where none begins. @param told is called for each header that is read */
  bytesAt(window: FileWindow, offset: number, told: () => void): number | undefined;
  /** Bytes of text that a frame claims. */
  plainBytes(frame: Buffer): number | undefined;
  /** The number that a sealed frame says it has: it opens only with that. Undefined for others. */
  indexOf(frame: Buffer): number | undefined;
}

const PLAIN: FrameForm = {
  codec: decoderOf(undefined),
  isNumbered: false,
  beginning: FRAME_MAGIC,
  bytesAt: frameBytesAt,
  plainBytes: claimedBytes,
  indexOf: () => undefined,
};

/** Of a sealed shard; of a plain one without. */
export function formOf(sealed: SealedShard | undefined): FrameForm {
  if (sealed === undefined) return PLAIN;
  return {
    codec: decoderOf(sealed),
    isNumbered: true,
    beginning: SEALED_FRAME_PATTERN,
    bytesAt: (window, offset, told) => {
      told();
      return sealedFrameFacts(window.at(offset, FRAME_HEADER_BYTES))?.storedBytes;
    },
    plainBytes: (frame) => sealedFrameFacts(frame)?.plainBytes,
    indexOf: (frame) => sealedFrameFacts(frame)?.index,
  };
}
