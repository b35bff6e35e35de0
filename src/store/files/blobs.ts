// store at rest: [blobs]
//
// What a store needs of the place where its files are: shards, and while an import is under way its runs and rejected
// records. Two keep this: a file system (file-blobs.ts) and memory (memory-blobs.ts). The index is not among them, it is
// the catalog's. Every method throws GristmillError IO_ERROR, or DISK_FULL where it writes.

import type { AuditFields } from '../../options/audit.js';
import type { FrameCodec } from '../codec/frame-codec.js';
import type { SealKeys } from '../seal/types.js';

/** Where a store is. */
export interface StorePlace {
  /** The beginning of every path of the store. For a store on disk, its absolute path. */
  readonly directory: string;
  readonly blobs: Blobs;
  /** The keys of an encrypted store; absent where the store is plain. */
  readonly seal?: SealKeys | undefined;
  /** What the host application adds to the actor of a change (docs/audit.md). */
  readonly by?: AuditFields | undefined;
}

export interface Blobs {
  /** Whether they are files, which other threads and processes see too. */
  readonly areFiles: boolean;
  /** The keys that everything here is sealed with; absent where the store is plain. */
  readonly seal?: SealKeys | undefined;
  /** Makes a directory, private to its user, and those it is in; one that is there already is as good. */
  makeDirectory(path: string): void;
  /** Creates a file that must not exist, private to its user. @param what the kind of file, for errors, such as "shard" */
  create(path: string, what: string): BlobWriter;
  /** Continues a file of rejected records after the first bytes of it. Only where blobs are files. */
  extend(path: string, bytes: number): BlobWriter;
  /** Opens a regular file, never through a symbolic link. @throws IO_ERROR with cause ENOENT if there is none */
  open(path: string, what: string): BlobReader;
  /** Names in a directory; none when it is not there. */
  list(directory: string): string[];
  /** Removes a file; one that is gone already is as good. */
  remove(path: string): void;
  /** Gives a file another name; a file that has that name goes. */
  rename(from: string, to: string): void;
  /** Removes a directory and all in it, should it be there. Off the main thread: to free a gigabyte of runs takes a while. */
  removeDirectory(path: string): Promise<void>;
  /** Removes a directory if it is empty; never a reason to fail. */
  removeEmpty(path: string): void;
  /** Makes a finished file durable. A failure is final: never retry it. */
  sync(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  /** How frames of shards are stored here. */
  readonly codec: FrameCodec;
}

export interface BlobWriter {
  /** Bytes of the file so far, as they are stored. */
  readonly size: number;
  /** Appends all of `bytes`, which may be reused afterwards. */
  append(bytes: Uint8Array): void;
  /** Idempotent. */
  close(): void;
}

/** A part of a file. */
export interface Region {
  readonly at: number;
  readonly bytes: number;
}

export interface BlobReader {
  /** Bytes of the file when it was opened. */
  readonly size: number;
  /** The descriptor of the open file, for other threads of this process. Undefined in memory. */
  readonly descriptor: number | undefined;
  /** Reads the bytes at `offset` into `into`. @returns the number of bytes read: fewer only at the end of the file. */
  readSync(into: Uint8Array, offset: number): number;
  /** The same off the main thread. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** No read may be under way. */
  close(): void;
}
