// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The fast profiler: WebAssembly with SIMD (src/kernel/assembly/profile/). It makes the same profile as the readable one
// (src/profile/plain.ts), which is the specification.

import { GristmillError } from '../../base/errors.js';
import { wasmInstance, wasmModule } from '../../base/wasm-instance.js';
import { ALL_FACTS } from '../provable.js';
import type { Profile, WantedFacts } from '../types.js';
import { type ProfileMemory, profileIn } from './image.js';

/** Exports of the module; each is described there. Addresses and sizes are u32, which arrive here as i32. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  layout(inputBytes: number): number;
  growInput(inputBytes: number): number;
  clear(hasValues: number, formats: number): void;
  add(bytes: number): void;
  input(): number;
  root(): number;
  records(): number;
  arena(): number;
  top(): number;
}

/** Lines of most frames fit; for larger records it grows. */
const INPUT_BYTES = 256 * 1024;

let compiled: WebAssembly.Module | undefined;

export class Profiler {
  readonly #wasm: Exports;
  #inputBytes = INPUT_BYTES;
  #wanted = ALL_FACTS;

  /** @throws GristmillError IO_ERROR if the system refuses the memory */
  constructor() {
    compiled ??= wasmModule(new URL('./profiler.wasm', import.meta.url));
    this.#wasm = wasmInstance(compiled, {}) as unknown as Exports;
    if (this.#wasm.layout(this.#inputBytes) === 0) throw noMemory();
    this.clear();
  }

  /**
   * Counts records.
   * @param lines accepted records without white space between tokens, each ended by a newline
   * @throws GristmillError IO_ERROR if the system refuses the memory
   */
  add(lines: Uint8Array): void {
    if (lines.length > this.#inputBytes) {
      if (this.#wasm.growInput(lines.length) === 0) throw noMemory();
      this.#inputBytes = lines.length;
    }
    new Uint8Array(this.#wasm.memory.buffer, this.#wasm.input() >>> 0, lines.length).set(lines);
    this.#wasm.add(lines.length);
  }

  /** The profile of all records since the last one that was taken. */
  take(): Profile {
    const profile = profileIn(this.#memory());
    this.clear(this.#wanted);
    return profile;
  }

  /** Begins a profile of no records. @param wanted what it is to say: less takes less time */
  clear(wanted: WantedFacts = ALL_FACTS): void {
    this.#wanted = wanted;
    this.#wasm.clear(Number(wanted.values), wanted.formats);
  }

  /** The profile of all records so far, which goes on. */
  image(): ProfileMemory {
    const { bytes, ...rest } = this.#memory();
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return { bytes: copy, ...rest };
  }

  /** The same, without hashes and examples of values. */
  outline(): Profile {
    return profileIn(this.#memory(), true);
  }

  #memory(): ProfileMemory {
    const [base, root] = [this.#wasm.arena() >>> 0, this.#wasm.root() >>> 0];
    const bytes = new Uint8Array(this.#wasm.memory.buffer, base, (this.#wasm.top() >>> 0) - base);
    return { bytes, base, root, records: this.#wasm.records() };
  }
}

function noMemory(): GristmillError {
  return new GristmillError(
    'IO_ERROR',
    'the system refused the memory to make a profile. Give the process more memory',
  );
}
