// What a transaction of the catalog is given whose changes another thread writes.

/** Changes that are prepared on one state and written to the same. */
export interface PreparedChanges<Write, T> {
  /** Reads the newest state, and nothing but that state. @returns what to write; undefined: nothing */
  prepare(): T | undefined;
  /** What was prepared is not written, for the state was not the newest any more: `prepare` is called again. */
  takeBack(): void;
  /** Writes it, within the transaction: the catalog's reads see what was written so far. */
  apply(write: Write, prepared: T): void;
  /** The same as bytes in a memory of their own, for the thread that writes it (workers/commit-worker.ts). */
  encode(prepared: T): Uint8Array;
}
