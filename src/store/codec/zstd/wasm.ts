// store at rest: [frame]; and sources: plan > [map] > scan
//
// zstd as WebAssembly, by @bokuweb/zstd-wasm: for a Node that has none and a machine without a compiler. The functions that
// the package exports compile it asynchronously, and allocate at each call. So this file takes the module below them, and
// compiles it when it is first asked for.
//
// These functions of zstd compress without a checksum. A frame gets its checksum here: a bit in its header, and the low half of
// XXH64 after its last block. They know no frame in parts: a reader of sources holds a frame as a whole.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GristmillError } from '../../../base/errors.js';
import { wasmInstance, wasmModule } from '../../../base/wasm-instance.js';
import { CHECKSUM_BYTES, HAS_CHECKSUM } from './header.js';
import type { Zstd, ZstdEncoder } from './types.js';
import { WholeFrames } from './whole-frames.js';

/** The module of the package: functions of zstd, and of the memory that they work in. */
interface Functions {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _ZSTD_isError(result: number): number;
  _ZSTD_compressBound(bytes: number): number;
  _ZSTD_createCCtx(): number;
  _ZSTD_compress_usingDict(
    ...at: [context: number, to: number, room: number, from: number, bytes: number, ...none: [0, 0], level: number]
  ): number;
  _ZSTD_createDCtx(): number;
  _ZSTD_decompress_usingDict(
    ...at: [context: number, to: number, room: number, from: number, bytes: number, ...none: [0, 0]]
  ): number;
}

/** What it takes to begin. */
interface Beginning {
  instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void): object;
  init(): void;
}

/** Where the descriptor of a frame stands. */
const DESCRIPTOR_AT = 4;

/** @throws where the package is not installed */
export function loadWasm(): Zstd {
  const zstd = begin();
  const [from, to] = [new Room(zstd), new Room(zstd)];
  const compressor = zstd._ZSTD_createCCtx();
  const decompressor = zstd._ZSTD_createDCtx();
  const decompress = (into: Uint8Array, frame: Uint8Array): number => {
    const source = from.put(frame);
    const target = to.of(into.byteLength);
    const at = [decompressor, target, into.byteLength, source, frame.byteLength] as const;
    const bytes = checked(zstd, zstd._ZSTD_decompress_usingDict(...at, 0, 0));
    into.set(zstd.HEAPU8.subarray(target, target + bytes));
    return bytes;
  };
  return {
    name: 'wasm',
    encoder(level): ZstdEncoder {
      const checksum = new Checksum();
      let output = Buffer.alloc(0);
      return {
        encode(plain) {
          const source = from.put(plain);
          const room = zstd._ZSTD_compressBound(plain.byteLength);
          const target = to.of(room);
          const at = [compressor, target, room, source, plain.byteLength] as const;
          const bytes = checked(zstd, zstd._ZSTD_compress_usingDict(...at, 0, 0, level));
          // Its memory moves when it grows.
          if (output.byteLength < bytes + CHECKSUM_BYTES) output = Buffer.allocUnsafeSlow(room + CHECKSUM_BYTES);
          output.set(zstd.HEAPU8.subarray(target, target + bytes));
          output[DESCRIPTOR_AT]! |= HAS_CHECKSUM;
          output.set(checksum.of(plain), bytes);
          return output.subarray(0, bytes + CHECKSUM_BYTES);
        },
      };
    },
    frameWriter(): never {
      const message = `one zstd frame of any size needs the zstd of Node 22.15 or newer, or the optional package zstd-napi (docs/package.md). Or leave out option singleFrame`;
      throw new GristmillError('PACKAGE_NOT_FOUND', message);
    },
    decompress,
    reader: () => new WholeFrames(decompress),
  };
}

function begin(): Functions {
  // The package exports its entry only; the module stands beside it.
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'));
  const { Module } = ownCopy(require, join(folder, 'zstd.js')) as { Module: Functions & Beginning };
  Module.instantiateWasm = (imports, receive) => {
    receive(new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(folder, 'zstd.wasm'))), imports));
    return {};
  };
  Module.init();
  return Module;
}

/** A module that no other code of this thread has: it holds one memory, and whoever began it again would take it away. */
function ownCopy(require: NodeJS.Require, path: string): unknown {
  const { cache } = require;
  const others = cache[path];
  delete cache[path];
  const own: unknown = require(path);
  if (others === undefined) delete cache[path];
  else cache[path] = others;
  return own;
}

/** The result of a function of zstd, which is a number of bytes or an error. */
function checked(zstd: Functions, result: number): number {
  if (zstd._ZSTD_isError(result) !== 0) throw new Error(`zstd's error ${-result}`);
  return result >>> 0;
}

/** Memory of zstd that is kept for the next call. */
class Room {
  readonly #zstd: Functions;
  #address = 0;
  #bytes = 0;

  constructor(zstd: Functions) {
    this.#zstd = zstd;
  }

  /** @returns the address of so many bytes, of whatever value */
  of(bytes: number): number {
    if (bytes > this.#bytes || this.#address === 0) {
      this.#zstd._free(this.#address);
      this.#bytes = 0;
      this.#address = this.#zstd._malloc(Math.max(bytes, 1)) >>> 0;
      if (this.#address === 0) throw new Error(`WebAssembly has no memory for ${bytes} bytes`);
      this.#bytes = bytes;
    }
    return this.#address;
  }

  /** @returns where the bytes stand now */
  put(bytes: Uint8Array): number {
    const address = this.of(bytes.byteLength);
    this.#zstd.HEAPU8.set(bytes, address);
    return address;
  }
}

interface ChecksumExports {
  readonly memory: WebAssembly.Memory;
  xxh64Into(pointer: number, length: number, result: number): void;
}

/** The checksum of a frame. The module is that of store/files/checksum.ts, in memory of its own. */
class Checksum {
  static readonly #RESULT_AT = 1024;
  static readonly #INPUT_AT = 1040;
  readonly #wasm: ChecksumExports;

  constructor() {
    const module = wasmModule(new URL('../../files/checksum.wasm', import.meta.url));
    const abort = () => {
      throw new Error('the checksum module aborted');
    };
    this.#wasm = wasmInstance(module, { env: { abort } }) as unknown as ChecksumExports;
  }

  of(plain: Uint8Array): Uint8Array {
    const { memory, xxh64Into } = this.#wasm;
    const missing = Checksum.#INPUT_AT + plain.byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(plain, Checksum.#INPUT_AT);
    xxh64Into(Checksum.#INPUT_AT, plain.byteLength, Checksum.#RESULT_AT);
    return bytes.subarray(Checksum.#RESULT_AT, Checksum.#RESULT_AT + CHECKSUM_BYTES);
  }
}
