// source > plan > map > scan > [key] > frame > shard > verify > merge > publish      lookup: [key] > index page > …
//
// The keys of an encrypted store that hides them: in its indexes each key is a pseudonym, a keyed hash of its bytes
// (docs/format.md, Keys). Equal keys have equal pseudonyms, and their order says nothing of the order of the keys. The kernel
// makes those of a scan (kernel/assembly/hide.ts); this file makes those of single keys, with the same BLAKE2s, in a
// WebAssembly module of 1.4 KB: a third of a microsecond a key.

import { wasmInstance, wasmModule } from '../base/wasm-instance.js';
import { hasNull } from './composite.js';
import { KeyType } from './key-bytes.js';

interface Blake2s {
  readonly memory: WebAssembly.Memory;
  /** Stores what hashing begins with, 32 bytes, at `state`. */
  beginDigest(secret: number, state: number): void;
  digestOf(state: number, from: number, bytes: number, to: number): void;
}

/** Bytes of a secret. */
export const SECRET_BYTES = 32;
const STATE_BYTES = 32;
const DIGEST_BYTES = 16;

/** Where things stand in the module's memory; its own data ends before. */
const SECRET_AT = 4096;
const STATE_AT = SECRET_AT + SECRET_BYTES;
const RESULT_AT = STATE_AT + STATE_BYTES;
const INPUT_AT = RESULT_AT + 1 + DIGEST_BYTES + 15;
/** The module reads so far behind the input. */
const SLACK_BYTES = 64;
const WASM_PAGE_BYTES = 65_536;

let wasm: Blake2s | undefined;
let memory = new Uint8Array();

function load(): Blake2s {
  wasm = wasmInstance(wasmModule(new URL('./blake2s.wasm', import.meta.url)), {}) as unknown as Blake2s;
  memory = new Uint8Array(wasm.memory.buffer);
  return wasm;
}

/** How the index that has this secret has its keys. */
export class Pseudonyms {
  readonly secret: Uint8Array;
  readonly #state: Uint8Array;

  constructor(secret: Uint8Array) {
    this.secret = secret;
    if (secret.byteLength !== SECRET_BYTES) throw new RangeError(`a secret has ${SECRET_BYTES} bytes`);
    const module = wasm ?? load();
    memory.set(secret, SECRET_AT);
    module.beginDigest(SECRET_AT, STATE_AT);
    memory.fill(0, SECRET_AT, STATE_AT);
    this.#state = memory.slice(STATE_AT, STATE_AT + STATE_BYTES);
  }

  /** Overwrites the secret: no pseudonym can be made any more. */
  forget(): void {
    this.secret.fill(0);
    this.#state.fill(0);
  }

  /** The pseudonym of an encoded key, which has to be whole however long it is. */
  of(key: Uint8Array): Uint8Array {
    const { memory: own, digestOf } = wasm ?? load();
    const end = INPUT_AT + key.byteLength + SLACK_BYTES;
    if (end > memory.byteLength) {
      own.grow(Math.ceil((end - memory.byteLength) / WASM_PAGE_BYTES));
      memory = new Uint8Array(own.buffer);
    }
    memory.set(this.#state, STATE_AT);
    memory.set(key, INPUT_AT);
    digestOf(STATE_AT, INPUT_AT, key.byteLength, RESULT_AT + 1);
    memory[RESULT_AT] = hasNull(key) ? KeyType.pseudonymOfNull : KeyType.pseudonym;
    return memory.slice(RESULT_AT, RESULT_AT + 1 + DIGEST_BYTES);
  }
}

/** Deriving the state of a secret takes as long as a pseudonym, and threads get secrets, not these objects. */
const known = new WeakMap<Uint8Array, Pseudonyms>();

export function pseudonymsOf(secret: Uint8Array): Pseudonyms {
  let pseudonyms = known.get(secret);
  if (pseudonyms === undefined) {
    pseudonyms = new Pseudonyms(secret);
    known.set(secret, pseudonyms);
  }
  return pseudonyms;
}

/** Whether a key of an index is a pseudonym. */
export function isHidden(key: Uint8Array): boolean {
  return key[0] === KeyType.pseudonym || key[0] === KeyType.pseudonymOfNull;
}
