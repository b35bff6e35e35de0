// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The converters that run in WebAssembly (src/kernel/assembly/converters/). A thread has one instance of them: whoever uses it
// lays out its memory, and lays it out again when somebody else has.

import { GristmillError } from '../../../base/errors.js';
import { wasmInstance, wasmModule } from '../../../base/wasm-instance.js';
import { doubleText } from './double-text.js';

/** Exports of the module; each is described there. Numbers are u32, which arrive here as i32. */
export interface WasmConverters {
  readonly memory: WebAssembly.Memory;

  layout(tableBytes: number, inputBytes: number, textBytes: number): number;
  table(): number;
  input(): number;
  text(): number;
  written(): number;

  documentsConvert(bytes: number): number;
  documentsConverted(): number;
  rowsConvert(columns: number, separator: number, bytes: number): number;
  rowsNewlines(): number;
  findRowEnds(state: number, separator: number, bytes: number): number;
  rowEnd(): number;
  rowEndNewlines(): number;
  allNewlines(): number;
}

/** Bytes that are converted at a time, about. They and their text stay in the cache of a core. */
export const INPUT_BYTES = 64 * 1024;

/** How much memory a user needs. */
interface Room {
  readonly tableBytes: number;
  readonly inputBytes: number;
  readonly textBytes: number;
}

let instance: WasmConverters | undefined;
let user: object | undefined;

/**
 * The instance of this thread, laid out for its user.
 * @param first called when somebody else has used it since
 * @throws GristmillError IO_ERROR if the system refuses the memory
 */
export function convertersFor(next: object, room: Room, first: (wasm: WasmConverters) => void): WasmConverters {
  instance ??= wasmInstance(wasmModule(new URL('./converters.wasm', import.meta.url)), {
    env: { abort: aborted, double: writeDouble },
  }) as unknown as WasmConverters;
  if (user === next) return instance;
  user = undefined;
  if (instance.layout(room.tableBytes, room.inputBytes, room.textBytes) === 0) throw noMemory();
  first(instance);
  user = next;
  return instance;
}

/** Bytes in its memory; valid until it is laid out again. */
export function bytesIn({ memory }: WasmConverters, address: number, bytes: number): Uint8Array {
  return new Uint8Array(memory.buffer, address >>> 0, bytes);
}

/** Called by the module. @returns how many bytes of text it has written */
function writeDouble(value: number, address: number): number {
  const text = doubleText(value);
  const { memory } = instance as WasmConverters;
  return Buffer.from(memory.buffer, address >>> 0, text.length).write(text, 'latin1');
}

function noMemory(): GristmillError {
  return new GristmillError(
    'IO_ERROR',
    'the system refused the memory to convert a source. Give the process more memory',
  );
}

function aborted(): never {
  throw new Error('the converters aborted');
}
