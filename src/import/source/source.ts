// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A source as everybody reads it, whatever it is: bytes at an offset, of one state of it. `openSource` (open.ts) is the one
// place that knows which kinds there are.

/** The fingerprint of one state of a file. It can be cloned to a thread, and is compared field by field. */
export interface Fingerprint {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
  readonly modifiedNs: bigint;
  /** It is still being written to: only that it has these bytes, and is the same file, is compared. */
  readonly grows?: true;
}

export type Access = 'mmap' | 'read';

/** One state of a source: every read is of that, or fails. Close it. */
export interface Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** Fills `target` from `offset` with bytes of the source. @throws SOURCE_CHANGED, IO_ERROR, SOURCE_NOT_A_FILE */
  read(target: Uint8Array, offset: number): void;
  /** The bytes from `from` to `to`, as far as the source goes. @throws as `read` */
  bytesAt(from: number, to: number): Uint8Array;
  close(): void;
}
