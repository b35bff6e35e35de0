// store at rest: [frame]; and sources: plan > [map] > scan
//
// zstd by Node itself, which has it from 22.15 on. Its streams are used below their public interface, so that a context is
// reused and works in the calling thread (base/native/zlib-step.ts).

import zlib from 'node:zlib';
import { stepped, type ZlibStream, zlibStep } from '../../../base/native/zlib-step.js';
import { FrameEnd } from './frame-end.js';
import {
  COMPRESSED_STEP_BYTES,
  WINDOW_LOG_MAX,
  type Zstd,
  type ZstdEncoder,
  type ZstdReader,
  type ZstdStep,
  type ZstdWriter,
} from './types.js';

/** What newer versions of Node have in `node:zlib`. */
interface NodeZstd {
  readonly constants: Readonly<Record<`ZSTD_${string}`, number>>;
  createZstdCompress(options: { params: Readonly<Record<number, number>> }): ZlibStream;
  createZstdDecompress(options: { params: Readonly<Record<number, number>> }): ZlibStream;
}

const NOTHING = new Uint8Array();

/** @throws where this Node has none */
export function loadNode(): Zstd {
  const node = zlib as unknown as NodeZstd;
  if (typeof node.createZstdCompress !== 'function') throw new Error(`Node ${process.versions.node} has no zstd`);
  let decompressor: ZlibStream | undefined;
  return {
    name: 'node',
    encoder: (level) => new Encoder(node, level),
    frameWriter: (level, threads) => new Writer(node, level, threads),
    decompress(into, frame) {
      // One that has met a damaged frame is of no use any more.
      const stream = decompressor ?? decompressing(node);
      decompressor = undefined;
      const { read, written } = zlibStep(stream, node.constants.ZSTD_e_end!, frame, into);
      // Node takes what is no frame for bytes after the last one, and says nothing.
      if (read < frame.byteLength) throw new Error('it has bytes that belong to no frame');
      decompressor = stream;
      return written;
    },
    reader: () => new Reader(node),
  };
}

function compressing(node: NodeZstd, level: number, threads: number): ZlibStream {
  const { ZSTD_c_compressionLevel, ZSTD_c_targetLength, ZSTD_c_checksumFlag, ZSTD_c_nbWorkers } = node.constants;
  const params: Record<number, number> = { [ZSTD_c_checksumFlag!]: 1, [ZSTD_c_nbWorkers!]: threads };
  params[ZSTD_c_compressionLevel!] = level;
  // Node takes −1 for a parameter that is not given. Negative levels differ from each other in this one only.
  if (level === -1) Object.assign(params, { [ZSTD_c_compressionLevel!]: -2, [ZSTD_c_targetLength!]: 1 });
  return stepped(node.createZstdCompress({ params }));
}

function decompressing(node: NodeZstd): ZlibStream {
  return stepped(node.createZstdDecompress({ params: { [node.constants.ZSTD_d_windowLogMax!]: WINDOW_LOG_MAX } }));
}

/** The most bytes that a frame of so much text has (`ZSTD_compressBound`), and those of its checksum. */
function bound(bytes: number): number {
  const SMALL = 128 * 1024;
  return bytes + (bytes >>> 8) + (bytes < SMALL ? (SMALL - bytes) >>> 11 : 0) + 4;
}

class Encoder implements ZstdEncoder {
  readonly #stream: ZlibStream;
  readonly #end: number;
  #output = Buffer.alloc(0);

  constructor(node: NodeZstd, level: number) {
    this.#stream = compressing(node, level, 0);
    this.#end = node.constants.ZSTD_e_end!;
  }

  encode(plain: Uint8Array): Uint8Array {
    const bytes = bound(plain.byteLength);
    if (this.#output.byteLength < bytes) this.#output = Buffer.allocUnsafeSlow(bytes);
    // The text is there as a whole, so zstd writes its size into the frame.
    const { written } = zlibStep(this.#stream, this.#end, plain, this.#output);
    return this.#output.subarray(0, written);
  }
}

class Writer implements ZstdWriter {
  readonly #constants: NodeZstd['constants'];
  readonly #stream: ZlibStream;
  readonly #output = Buffer.allocUnsafeSlow(COMPRESSED_STEP_BYTES);
  readonly #frame = new FrameEnd();

  constructor(node: NodeZstd, level: number, threads: number) {
    this.#constants = node.constants;
    this.#stream = compressing(node, level, threads);
  }

  *write(plain: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < plain.byteLength; ) {
      const { read, written } = this.#step(this.#constants.ZSTD_e_continue!, plain.subarray(at));
      at += read;
      if (written.byteLength > 0) yield written;
    }
  }

  *end(): Generator<Uint8Array> {
    // Node does not tell how much is left. After the end, zstd would begin another frame.
    while (!this.#frame.isReached) {
      const { written } = this.#step(this.#constants.ZSTD_e_end!, NOTHING);
      if (written.byteLength > 0) yield written;
    }
  }

  #step(flush: number, plain: Uint8Array) {
    const { read, written: bytes } = zlibStep(this.#stream, flush, plain, this.#output);
    const written = this.#output.subarray(0, bytes);
    this.#frame.take(written);
    return { read, written };
  }
}

/** It takes the memory that a frame's window asks for. */
class Reader implements ZstdReader {
  readonly holdsFrames = false;
  readonly windowBytesMax = 2 ** WINDOW_LOG_MAX;
  readonly #stream: ZlibStream;
  readonly #more: number;
  readonly #frame = new FrameEnd();
  /** Bytes of the frame that were seen, but not read. */
  #ahead = 0;

  constructor(node: NodeZstd) {
    this.#stream = decompressing(node);
    this.#more = node.constants.ZSTD_e_continue!;
  }

  step(input: Uint8Array, output: Uint8Array): ZstdStep {
    // Some versions of Node go on with the next frame, so it gets the bytes of one only.
    const seen = Math.min(this.#ahead, input.byteLength);
    const own = input.subarray(0, seen + this.#frame.take(input.subarray(seen)));
    const { read, written } = zlibStep(this.#stream, this.#more, own, output);
    this.#ahead = Math.max(this.#ahead, own.byteLength) - read;
    const isFull = written === output.byteLength;
    const isEnd = this.#frame.isReached && this.#ahead === 0 && !isFull;
    if (isEnd) this.#frame.begin();
    return { plain: output.subarray(0, written), read, isFull, isEnd };
  }
}
