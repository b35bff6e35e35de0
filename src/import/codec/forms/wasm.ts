// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The decoders that run in WebAssembly (src/kernel/assembly/decoders/). Each file that is decoded has an instance, and so a
// memory, of its own.

import { wasmInstance, wasmModule } from '../../../base/wasm-instance.js';
import { noMemory } from '../faults.js';

/** Exports of the module; each is described there. Numbers are u32, which arrive here as i32. */
export interface WasmDecoders {
  readonly memory: WebAssembly.Memory;

  bzip2Layout(): number;
  bzip2Input(): number;
  bzip2InputBytes(): number;
  bzip2Plain(): number;
  bzip2Stand(bit: number, bitEnd: number): void;
  bzip2Position(): number;
  bzip2Bits(count: number): number;
  bzip2Block(blockBytes: number): number;
  bzip2Output(): number;
  bzip2Checksum(): number;

  lz4Layout(blockBytes: number): number;
  lz4Input(): number;
  lz4Plain(): number;
  lz4Output(): number;
  lz4Block(inputBytes: number, isLinked: boolean): number;
  lz4Stored(inputBytes: number, isLinked: boolean): void;
  lz4Checksum(bytes: number): number;
  lz4Add(): void;
  lz4FrameChecksum(): number;

  lzmaLayout(dictionaryBytes: number, roomBytes: number): number;
  lzmaInput(): number;
  lzmaPlain(): number;
  lzmaForget(): void;
  lzmaProperties(properties: number): number;
  lzmaRestart(): void;
  lzmaChunk(inputBytes: number, plainBytes: number): number;
  lzmaStored(bytes: number): void;
  crc64(checksum: bigint, pointer: number, length: number): bigint;
}

let module: WebAssembly.Module | undefined;

/** @throws GristmillError IO_ERROR if there is no address space left for it */
export function wasmDecoders(): WasmDecoders {
  module ??= wasmModule(new URL('./decoders.wasm', import.meta.url));
  return wasmInstance(module, { env: { abort: aborted } }) as unknown as WasmDecoders;
}

/** Bytes in the memory of a decoder; valid until its layout changes. */
export function bytesAt(wasm: WasmDecoders, address: number, bytes: number): Uint8Array {
  return new Uint8Array(wasm.memory.buffer, address >>> 0, bytes);
}

/** @param isLaid what a layout has returned. @throws GristmillError IO_ERROR if the system refused the memory */
export function checkLayout(isLaid: number): void {
  if (isLaid === 0) throw noMemory();
}

function aborted(): never {
  throw new Error('the decoders aborted');
}
