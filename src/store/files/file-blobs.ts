// store at rest: [blobs]
//
// Blobs as files: private from the start, created exclusively, read by position.

import {
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { ioError, isMissing } from '../../base/system-errors.js';
import { zstdFrames } from '../codec/frame-codec.js';
import type { BlobReader, Blobs, BlobWriter } from './blobs.js';
import { syncDirectory, syncFile, writeFully } from './io.js';
import { linkError, openRegular } from './own-files.js';

/**
 * How a directory is removed again that is not empty yet: a process that was stopped may go on writing into it until it
 * notices that another has swept its files away. Some 0.4 s in all.
 */
const AGAIN = { maxRetries: 8, retryDelay: 10 };

class FileWriter implements BlobWriter {
  size: number;
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string, fd: number, size = 0) {
    this.#path = path;
    this.#fd = fd;
    this.size = size;
  }

  append(bytes: Uint8Array): void {
    writeFully(this.#fd as number, bytes, this.#path);
    this.size += bytes.byteLength;
  }

  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    // NFS and quotas report a failed write only here.
    attempt('close', this.#path, () => closeSync(fd));
  }
}

class FileReader implements BlobReader {
  readonly size: number;
  readonly descriptor: number;
  readonly #path: string;

  constructor(path: string, fd: number, size: number) {
    this.#path = path;
    this.descriptor = fd;
    this.size = size;
  }

  readSync(into: Uint8Array, offset: number): number {
    return readAt(this.descriptor, this.#path, into, offset);
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let done = 0;
    while (done < into.byteLength) {
      const count = await readOnce(this.descriptor, into, done, offset + done, this.#path);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  close(): void {
    // Not in the background: a worker thread never comes to the end of it before the next task, and holds more and more.
    closeSync(this.descriptor);
  }
}

/** Files of this machine, with the bytes as they are given: those of a plain store (store/sealed/files.ts has the others). */
export const files: Blobs = {
  areFiles: true,
  makeDirectory(path) {
    attempt('make directory', path, () => {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (lstatSync(path).isSymbolicLink()) throw linkError(path);
    });
  },
  create(path, what) {
    return new FileWriter(
      path,
      attempt(`create ${what}`, path, () => openSync(path, 'wx', 0o600)),
    );
  },
  extend: continueFile,
  open(path, what) {
    const { fd, size } = openRegular(path, what);
    return new FileReader(path, fd, size);
  },
  list(directory) {
    try {
      return readdirSync(directory);
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw ioError(cause, 'list', directory);
    }
  },
  remove(path) {
    try {
      unlinkSync(path);
    } catch (cause) {
      if (!isMissing(cause)) throw ioError(cause, 'remove', path);
    }
  },
  rename(from, to) {
    attempt('rename', from, () => renameSync(from, to));
  },
  async removeDirectory(path) {
    try {
      await rm(path, { recursive: true, force: true, ...AGAIN });
    } catch (cause) {
      throw ioError(cause, 'remove', path);
    }
  },
  removeEmpty(path) {
    try {
      rmdirSync(path);
    } catch {
      // Not empty, or gone already.
    }
  },
  sync: syncFile,
  syncDirectory,
  codec: zstdFrames,
};

/** Continues a file after the bytes of it that count. @throws DISK_FULL, IO_ERROR */
export function continueFile(path: string, bytes: number): BlobWriter {
  const { fd } = openRegular(path, 'file', true);
  try {
    ftruncateSync(fd, bytes);
    return new FileWriter(path, fd, bytes);
  } catch (cause) {
    closeSync(fd);
    throw ioError(cause, 'write', path);
  }
}

/** All of a file. @throws as `openRegular` */
export function readWhole(path: string, what: string): Buffer {
  const file = files.open(path, what);
  try {
    const bytes = Buffer.alloc(file.size);
    return bytes.subarray(0, file.readSync(bytes, 0));
  } finally {
    file.close();
  }
}

/** `BlobReader.readSync` of an open file. */
export function readAt(fd: number, path: string, into: Uint8Array, offset: number): number {
  let done = 0;
  while (done < into.byteLength) {
    let count: number;
    try {
      count = readSync(fd, into, done, into.byteLength - done, offset + done);
    } catch (cause) {
      throw ioError(cause, 'read', path);
    }
    if (count === 0) break;
    done += count;
  }
  return done;
}

function readOnce(fd: number, into: Uint8Array, at: number, offset: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, at, into.byteLength - at, offset, (cause, count) => {
      if (cause) reject(ioError(cause, 'read', path));
      else resolve(count);
    });
  });
}

function attempt<T>(doing: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw ioError(cause, doing, path);
  }
}
