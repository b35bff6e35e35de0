// The few numbers that threads share while an import runs: whether to stop, how far it has come, and where the time went.

/** Slots of the shared 64-bit integers. */
const CANCEL = 0;
const BYTES = 1;
const RECORDS = 2;
/** Microseconds that workers have spent, by stage. */
const SPENT = { map: 3, scan: 4, key: 5, frame: 6 } as const;
const SLOTS = 7;

/** What a worker does with a span: read it; find records and their keys; sort the keys; compress and write frames. */
export type SpanStage = keyof typeof SPENT;

export class SharedProgress {
  readonly buffer: SharedArrayBuffer;
  readonly #slots: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(SLOTS * BigInt64Array.BYTES_PER_ELEMENT)) {
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

  spend(stage: SpanStage, milliseconds: number): void {
    Atomics.add(this.#slots, SPENT[stage], BigInt(Math.round(1000 * milliseconds)));
  }

  /** Seconds that workers have spent on a stage, all together. */
  spent(stage: SpanStage): number {
    return Number(Atomics.load(this.#slots, SPENT[stage])) / 1e6;
  }

  /** Source bytes and records that workers have gone through. */
  get done(): { readonly bytes: number; readonly records: number } {
    return { bytes: Number(Atomics.load(this.#slots, BYTES)), records: Number(Atomics.load(this.#slots, RECORDS)) };
  }
}
