// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A source as everybody reads it, whatever it is: bytes at an offset, of one state of it. `openSource` (open.ts) is the one
// place that knows which kinds there are.

import type { SourceVersion } from '../../store/source-types.js';
import type { Coding } from '../format/coding.js';

/** The fingerprint of one state of a file. It can be cloned to a thread, and is compared field by field. */
export interface Fingerprint {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
  readonly modifiedNs: bigint;
  /** It is still being written to: only that it has these bytes, and is the same file, is compared. */
  readonly grows?: true;
  /** Of a remote object: which version it is. Only this and the bytes are compared then; it has no inode and no device. */
  readonly version?: SourceVersion;
}

/** What the directory of a zip archive says of an entry. */
export interface ZipPlace {
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  /** Bytes of its data, as they are stored and when they are decompressed. */
  readonly bytes: number;
  readonly plainBytes: number;
  /** Its name, a character for each byte. */
  readonly name: string;
}

/** Where an entry lies in its archive. It can be cloned to a thread. */
export interface EntryPlace {
  /** Of zip: the offset of its local header. Of tar: the offset of its first byte in the plain text of the archive. */
  readonly at: number;
  /** Bytes that it takes in the archive. */
  readonly bytes: number;
  /** What the directory of a zip archive says of it. */
  readonly zip?: ZipPlace;
}

export type Access = 'mmap' | 'read';

/** One state of a source: every read is of that, or fails. Close it. */
export interface Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** How its bytes become its text, if they are not the text: what is read of it is the text. */
  readonly coding?: Coding | undefined;
  /** Where it lies in its archive, if it is an entry of one. */
  readonly entry?: EntryPlace | undefined;
  /** Offset of its end. Infinity while nobody knows it: of what is read in sequence (import/sequence). */
  readonly end: number;
  /** Offset up to which it can be read now. */
  readonly available: number;
  /** Resolves when it can be read up to `to`, or as far as it goes. Undefined: it can already. */
  upTo(to: number): Promise<void> | undefined;
  /** Nothing before this offset is read any more. */
  discardBefore(offset: number): void;
  /** Fills `target` from `offset` with bytes of the source. @throws SOURCE_CHANGED, IO_ERROR, SOURCE_NOT_A_FILE */
  read(target: Uint8Array, offset: number): void;
  /** The bytes from `from` to `to`, as far as the source goes. @throws as `read` */
  bytesAt(from: number, to: number): Uint8Array;
  close(): void;
}
