// store at rest: [seal]
//
// HMAC-SHA-256 of many short messages with one key, in a WebAssembly module of 1.5 KB (kernel/assembly/sha256.ts).

import { wasmInstance, wasmModule } from '../../base/wasm-instance.js';

interface Sha256 {
  readonly memory: WebAssembly.Memory;
  /** Stores what authenticating begins with, 64 bytes, at `states`. */
  beginCode(key: number, states: number): void;
  /** Writes into the 72 bytes that follow the message. */
  codeOf(states: number, from: number, bytes: number, to: number): void;
}

const KEY_BYTES_MAX = 64;
const STATES_BYTES = 64;
const CODE_BYTES = 32;

/** Where things stand in the module's memory; its own data ends before. */
const KEY_AT = 4096;
const STATES_AT = KEY_AT + KEY_BYTES_MAX;
const CODE_AT = STATES_AT + STATES_BYTES;
const MESSAGE_AT = CODE_AT + CODE_BYTES;
/** The module writes so far after a message. */
const SLACK_BYTES = 72;
const WASM_PAGE_BYTES = 65_536;

let wasm: Sha256 | undefined;
let memory = Buffer.alloc(0);
let code = memory;

function load(): Sha256 {
  wasm = wasmInstance(wasmModule(new URL('./sha256.wasm', import.meta.url)), {}) as unknown as Sha256;
  view(wasm);
  return wasm;
}

function view(module: Sha256): void {
  memory = Buffer.from(module.memory.buffer);
  code = memory.subarray(CODE_AT, CODE_AT + CODE_BYTES);
}

export class Hmac {
  readonly #states: Uint8Array;

  /** @param key of at most 64 bytes */
  constructor(key: Uint8Array) {
    if (key.byteLength > KEY_BYTES_MAX) throw new RangeError(`a key has at most ${KEY_BYTES_MAX} bytes`);
    const module = wasm ?? load();
    memory.fill(0, KEY_AT, STATES_AT);
    memory.set(key, KEY_AT);
    module.beginCode(KEY_AT, STATES_AT);
    memory.fill(0, KEY_AT, STATES_AT);
    this.#states = Uint8Array.from(memory.subarray(STATES_AT, CODE_AT));
  }

  /** The code of three pieces, one after another: 32 bytes, valid until the next. */
  of(first: Uint8Array, second: Uint8Array, third: Uint8Array): Buffer {
    const module = wasm ?? load();
    const secondAt = MESSAGE_AT + first.byteLength;
    const thirdAt = secondAt + second.byteLength;
    const end = thirdAt + third.byteLength;
    if (end + SLACK_BYTES > memory.byteLength) {
      module.memory.grow(Math.ceil((end + SLACK_BYTES - memory.byteLength) / WASM_PAGE_BYTES));
      view(module);
    }
    memory.set(this.#states, STATES_AT);
    memory.set(first, MESSAGE_AT);
    memory.set(second, secondAt);
    memory.set(third, thirdAt);
    module.codeOf(STATES_AT, MESSAGE_AT, end - MESSAGE_AT, CODE_AT);
    return code;
  }
}
