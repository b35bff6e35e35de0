// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// zstd (RFC 8878): frames one after another until the file ends, and skippable frames anywhere among them. The library
// decodes one frame at a time. Headers are read here first: a window or a dictionary is refused before memory is taken.

import { FRAME_MAGIC } from '../../../store/codec/zstd/frame.js';
import { frameHeader, headerBytes } from '../../../store/codec/zstd/header.js';
import { zstd } from '../../../store/codec/zstd/implementation.js';
import { MemoryNeeded, type ZstdReader } from '../../../store/codec/zstd/types.js';
import type { DecodeLimits } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { Idle } from './idle.js';
import { isSkippable, mayBeSkippable, skipFrame } from './skippable.js';

/** Plain bytes of a step: two blocks of zstd. */
const STEP_BYTES = 256 * 1024;

/** A reader, and room for what it reads where the caller has none. */
interface Reading {
  readonly reader: ZstdReader;
  readonly output: Uint8Array;
}

const idle = new Idle<Reading>(() => ({ reader: zstd().reader(), output: Buffer.allocUnsafeSlow(STEP_BYTES) }));

export function* decodeZstd(compressed: Compressed, plain: Plain, limits: DecodeLimits): Step {
  const reading = idle.take();
  yield* compressed.needed();
  for (let isFirst = true; isFirst || (yield* compressed.more()); isFirst = false) {
    const begin = compressed.offset;
    if (!isFirst && !canBegin(compressed.next)) throw compressed.faults.trailing(begin);
    const magic = yield* compressed.take(FRAME_MAGIC.byteLength);
    if (isSkippable(magic.readUInt32LE())) yield* skipFrame(compressed);
    else if (FRAME_MAGIC.equals(magic)) yield* frame(compressed, plain, limits, reading);
    else throw isFirst ? compressed.faults.damaged(begin, 'no zstd frame') : compressed.faults.trailing(begin);
  }
  idle.leave(reading);
}

/** Whether a frame may begin with this byte: a rest of one byte is no frame that was cut off. */
function canBegin(byte: number): boolean {
  return byte === FRAME_MAGIC[0] || mayBeSkippable(byte);
}

/** One frame, after its magic number. */
function* frame(compressed: Compressed, plain: Plain, limits: DecodeLimits, { reader, output }: Reading): Step {
  yield* compressed.needed();
  const { faults, offset } = compressed;
  const header = yield* compressed.take(headerBytes(compressed.next));
  const facts = frameHeader(header);
  if (facts === undefined) throw faults.damaged(offset, 'a frame with an invalid header');
  if (facts.dictionary !== 0) throw faults.unsupported(offset, `the dictionary ${facts.dictionary}`);
  if (facts.windowBytes > reader.windowBytesMax)
    throw faults.unsupported(offset, `a window of ${facts.windowBytes} bytes`);
  const { windowBytes, plainBytes = windowBytes } = facts;
  const memory = reader.holdsFrames ? plainBytes : Math.min(windowBytes, plainBytes);
  if (memory > limits.memoryMax) throw faults.memory(offset, memory, limits.memoryMax);

  const decode = (input: Uint8Array) => {
    try {
      return reader.step(input, plain.room?.() ?? output, limits.memoryMax);
    } catch (cause) {
      if (cause instanceof MemoryNeeded) throw faults.memory(offset, cause.bytes, limits.memoryMax);
      throw faults.failed(compressed.offset, cause as Error);
    }
  };
  let step = decode(Buffer.concat([FRAME_MAGIC, header]));
  while (!step.isEnd) {
    if (!step.isFull) yield* compressed.needed();
    step = decode(compressed.rest);
    compressed.advance(step.read);
    plain.put(step.plain);
  }
}
