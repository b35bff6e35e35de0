// The few numbers that threads share while an import runs: whether to stop, and how far it has come.

/** Slots of the shared 64-bit integers. */
const CANCEL = 0;
const BYTES = 1;
const RECORDS = 2;

export class SharedProgress {
  readonly buffer: SharedArrayBuffer;
  readonly #slots: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.#slots = new BigInt64Array(buffer);
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#slots, CANCEL) !== 0n;
  }

  cancel(): void {
    Atomics.store(this.#slots, CANCEL, 1n);
  }

  add(bytes: number, records: number): void {
    Atomics.add(this.#slots, BYTES, BigInt(bytes));
    Atomics.add(this.#slots, RECORDS, BigInt(records));
  }

  /** Source bytes and records that workers have gone through. */
  get done(): { readonly bytes: number; readonly records: number } {
    return { bytes: Number(Atomics.load(this.#slots, BYTES)), records: Number(Atomics.load(this.#slots, RECORDS)) };
  }
}
