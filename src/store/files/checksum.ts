// XXH64 (seed 0) for everything small at rest: pages, frame tables, catalog values (docs/format.md).
// Frames carry zstd's own checksum and shards a SHA-256; LMDB checks nothing, so what we store there checks itself.
//
// The hash is 64-bit arithmetic, so it runs in a WebAssembly module of 800 bytes (../kernel/assembly/checksum.ts):
// copying an 8 KiB page there and hashing it takes about a microsecond. Compiled synchronously when the first is wanted: it is
// tiny, and a store must be able to verify a page within a synchronous lookup.

import { wasmInstance, wasmModule } from '../../base/wasm-instance.js';

interface ChecksumExports {
  readonly memory: WebAssembly.Memory;
  /** Stores the hash of `length` bytes at `pointer` as a u64 at `result`. */
  xxh64Into(pointer: number, length: number, result: number): void;
}

/** Bytes of a stored checksum: a little-endian u64. */
export const CHECKSUM_BYTES = 8;

/** Where the result and the input stand in the module's memory. */
const RESULT_AT = 1024;
const INPUT_AT = 1040;
const WASM_PAGE_BYTES = 65_536;
/** A module with more memory than this, for a large frame, is kept for large ones only. */
const KEPT_BYTES = 1024 * 1024;
/** So many bytes are copied sooner by a loop than by a call. */
const LOOP_MAX = 128;

let wasm: ChecksumExports | undefined;
let memory = new Uint8Array();

/**
 * Makes the module now, and not with the first checksum. Who only loads the library gets no error for want of address space.
 * @throws GristmillError IO_ERROR
 */
export function loadChecksums(): ChecksumExports {
  if (wasm !== undefined) return wasm;
  const module = wasmModule(new URL('./checksum.wasm', import.meta.url));
  wasm = wasmInstance(module, { env: { abort: abortModule } }) as unknown as ChecksumExports;
  memory = new Uint8Array(wasm.memory.buffer);
  return wasm;
}

function abortModule(): never {
  throw new Error('the checksum module aborted');
}

/** Leaves the hash of bytes `from` to `to` at RESULT_AT. */
function hash(bytes: Uint8Array, from: number, to: number): void {
  const end = INPUT_AT + (to - from);
  // Memory of a module cannot shrink.
  if (end <= KEPT_BYTES && memory.byteLength > KEPT_BYTES) wasm = undefined;
  const { memory: own, xxh64Into } = wasm ?? loadChecksums();
  if (end > memory.byteLength) {
    own.grow(Math.ceil((end - memory.byteLength) / WASM_PAGE_BYTES));
    memory = new Uint8Array(own.buffer);
  }
  if (to - from <= LOOP_MAX) for (let i = from, at = INPUT_AT; i < to; i++) memory[at++] = bytes[i]!;
  else memory.set(from === 0 && to === bytes.byteLength ? bytes : bytes.subarray(from, to), INPUT_AT);
  xxh64Into(INPUT_AT, to - from, RESULT_AT);
}

/** The hash as a number, for tests and messages; `putChecksum` and `checksumMatches` do not allocate it. */
export function xxh64(bytes: Uint8Array, from = 0, to = bytes.byteLength): bigint {
  hash(bytes, from, to);
  return new DataView(memory.buffer).getBigUint64(RESULT_AT, true);
}

/** The low half of the hash: what the frames of zstd carry. */
export function xxh64Low(bytes: Uint8Array): number {
  hash(bytes, 0, bytes.byteLength);
  return new DataView(memory.buffer).getUint32(RESULT_AT, true);
}

/** Writes the checksum of bytes `from` to `to` of `bytes` into `target` at `at`. */
export function putChecksum(target: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): void {
  hash(bytes, from, to);
  for (let i = 0; i < CHECKSUM_BYTES; i++) target[at + i] = memory[RESULT_AT + i]!;
}

/** Whether the checksum stored in `bytes` at `at` is that of its bytes `from` to `to`. */
export function checksumMatches(bytes: Uint8Array, at: number, from: number, to: number): boolean {
  hash(bytes, from, to);
  for (let i = 0; i < CHECKSUM_BYTES; i++) if (bytes[at + i] !== memory[RESULT_AT + i]) return false;
  return true;
}
