// store at rest: [frame]; and sources: plan > [map] > scan
//
// zstd by zstd-napi, an optional package. This is its one importer, and of its thin binding only: the high-level functions
// reset a context's parameters at every call. Contexts are reused.

import { createRequire } from 'node:module';
import {
  COMPRESSED_STEP_BYTES,
  WINDOW_LOG_MAX,
  type Zstd,
  type ZstdEncoder,
  type ZstdReader,
  type ZstdStep,
  type ZstdWriter,
} from './types.js';

type Binding = typeof import('zstd-napi/binding.js');

/** @throws where it is not installed, or was not compiled for this machine */
export function loadNapi(): Zstd {
  const binding = createRequire(import.meta.url)('zstd-napi/binding.js') as Binding;
  let decompressor: InstanceType<Binding['DCtx']> | undefined;
  return {
    name: 'zstd-napi',
    encoder: (level) => new Encoder(binding, level),
    frameWriter: (level, threads) => new Writer(binding, level, threads),
    decompress(into, frame) {
      decompressor ??= new binding.DCtx();
      return decompressor.decompress(into, frame);
    },
    reader: () => new Reader(binding),
  };
}

/** `ZSTD_c_literalCompressionMode`, and its value for always: zstd.h has them beside the stable parameters, the binding not. */
const LITERALS = { mode: 1002, compressed: 1 } as const;

/**
 * The settings of level 1 for JSON in small frames (docs/decisions.md): longer matches, at fewer places. By itself zstd would
 * take them for a negative level and would not compress literals. Then shards would be a fifth larger.
 */
function faster({ CParameter }: Binding): readonly (readonly [number, number])[] {
  return [
    [CParameter.minMatch, 7],
    [CParameter.targetLength, 2],
    [LITERALS.mode, LITERALS.compressed],
  ];
}

class Encoder implements ZstdEncoder {
  readonly #binding: Binding;
  readonly #context: InstanceType<Binding['CCtx']>;
  #output = Buffer.alloc(0);

  constructor(binding: Binding, level: number) {
    const { CCtx, CParameter } = binding;
    this.#binding = binding;
    this.#context = new CCtx();
    this.#context.setParameter(CParameter.compressionLevel, level);
    if (level === 1) for (const [parameter, value] of faster(binding)) this.#context.setParameter(parameter, value);
    this.#context.setParameter(CParameter.contentSizeFlag, 1);
    this.#context.setParameter(CParameter.checksumFlag, 1);
  }

  encode(plain: Uint8Array): Uint8Array {
    const bound = this.#binding.compressBound(plain.byteLength);
    if (this.#output.byteLength < bound) this.#output = Buffer.allocUnsafeSlow(bound);
    const length = this.#context.compress2(this.#output, plain);
    return this.#output.subarray(0, length);
  }
}

class Writer implements ZstdWriter {
  readonly #directives: Binding['EndDirective'];
  readonly #context: InstanceType<Binding['CCtx']>;
  readonly #output = Buffer.allocUnsafeSlow(COMPRESSED_STEP_BYTES);

  constructor({ CCtx, CParameter, EndDirective }: Binding, level: number, threads: number) {
    this.#directives = EndDirective;
    this.#context = new CCtx();
    this.#context.setParameter(CParameter.compressionLevel, level);
    this.#context.setParameter(CParameter.checksumFlag, 1);
    this.#context.setParameter(CParameter.nbWorkers, threads);
  }

  *write(plain: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < plain.byteLength; ) {
      const rest = plain.subarray(at);
      const [, written, read] = this.#context.compressStream2(this.#output, rest, this.#directives.continue);
      at += read;
      if (written > 0) yield this.#output.subarray(0, written);
    }
  }

  *end(): Generator<Uint8Array> {
    for (let left = 1; left > 0; ) {
      const [more, written] = this.#context.compressStream2(this.#output, new Uint8Array(), this.#directives.end);
      left = more;
      if (written > 0) yield this.#output.subarray(0, written);
    }
  }
}

/** It takes the memory that a frame's window asks for. */
class Reader implements ZstdReader {
  readonly holdsFrames = false;
  readonly windowBytesMax = 2 ** WINDOW_LOG_MAX;
  readonly #context: InstanceType<Binding['DCtx']>;

  constructor({ DCtx, DParameter }: Binding) {
    this.#context = new DCtx();
    this.#context.setParameter(DParameter.windowLogMax, WINDOW_LOG_MAX);
  }

  step(input: Uint8Array, output: Uint8Array): ZstdStep {
    const [left, written, read] = this.#context.decompressStream(output, input);
    return { plain: output.subarray(0, written), read, isFull: written === output.byteLength, isEnd: left === 0 };
  }
}
