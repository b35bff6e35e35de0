// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// One source file as a worker or the coordinator reads it: by position, straight into the kernel's memory, through a
// mapping or by pread. After every read (and before one through a mapping) the file is compared with what the plan saw; a
// source that changes under an import fails it.

import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { GristmillError } from '../../base/errors.js';
import { copyMapped } from './mmap.js';
import type { Access, Fingerprint, Source } from './source.js';

function fingerprintOf(fd: number): Fingerprint {
  return fingerprintOfStat(fstatSync(fd, { bigint: true }));
}

export function fingerprintOfStat(stat: BigIntStats): Fingerprint {
  return { device: stat.dev, inode: stat.ino, bytes: Number(stat.size), modifiedNs: stat.mtimeNs };
}

export class SourceFile implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly #fd: number;
  #access: Access;

  private constructor(path: string, fd: number, access: Access, fingerprint: Fingerprint) {
    this.path = path;
    this.#fd = fd;
    this.#access = access;
    this.fingerprint = fingerprint;
  }

  /**
   * Opens a regular file for reading.
   * @param expected the fingerprint of the plan. Without it, all reads are compared with the present state of the file.
   * @throws SOURCE_NOT_FOUND, SOURCE_NOT_READABLE, SOURCE_NOT_A_FILE, SOURCE_CHANGED
   */
  static open(path: string, access: Access, expected?: Fingerprint): SourceFile {
    let fd: number;
    try {
      // Not blocking: opening a FIFO would otherwise wait for a writer.
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (cause) {
      const error = openError(path, cause as NodeJS.ErrnoException);
      throw expected && error.code === 'SOURCE_NOT_FOUND' ? changedError(path, cause) : error;
    }
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile()) throw notAFile(path, kindOf(stat));
      const now = fingerprintOfStat(stat);
      const file = new SourceFile(path, fd, access, expected ?? now);
      file.#compare(now);
      if (file.fingerprint.bytes === 0 && readSync(fd, Buffer.alloc(1)) > 0) {
        throw notAFile(path, 'a file without a size, as in /proc');
      }
      return file;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get end(): number {
    return this.fingerprint.bytes;
  }

  get available(): number {
    return this.fingerprint.bytes;
  }

  upTo(): undefined {}

  discardBefore(): void {}

  /** Fills `target` from `offset` with bytes of the planned file. @throws SOURCE_CHANGED, IO_ERROR, SOURCE_NOT_A_FILE */
  read(target: Uint8Array, offset: number): void {
    if (this.#access === 'mmap') this.#map(target, offset);
    else this.#pread(target, offset);
    // Afterwards only: what had changed before is still another file then.
    this.#compare();
  }

  /** The bytes from `from` to `to`, as far as the file goes. @throws as `read` */
  bytesAt(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(to, this.fingerprint.bytes) - from);
    this.read(bytes, from);
    return bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #map(target: Uint8Array, offset: number): void {
    // Pages beyond the end of a file that has become shorter cannot be touched.
    this.#compare();
    const outcome = copyMapped(this.#fd, offset, target);
    if (outcome === 'copied') return;
    // Unsupported once is unsupported for the file; unreadable pages get pread's word on why.
    if (outcome === 'unsupported') this.#access = 'read';
    this.#pread(target, offset);
  }

  #pread(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.byteLength; ) {
      let bytes: number;
      try {
        bytes = readSync(this.#fd, target, done, target.byteLength - done, offset + done);
      } catch (cause) {
        const facts = { file: this.path, offset: offset + done, cause };
        throw new GristmillError('IO_ERROR', `Reading ${this.path} failed at byte ${offset + done}.`, facts);
      }
      if (bytes === 0) {
        this.#compare();
        throw notAFile(
          this.path,
          `a file that ends before its size (${this.fingerprint.bytes} bytes), as in /proc or /sys`,
        );
      }
      done += bytes;
    }
  }

  #compare(now = fingerprintOf(this.#fd)): void {
    const then = this.fingerprint;
    const isSameFile = now.inode === then.inode && now.device === then.device;
    const isAsItWas = then.grows
      ? now.bytes >= then.bytes
      : now.bytes === then.bytes && now.modifiedNs === then.modifiedNs;
    if (!isSameFile || !isAsItWas) throw changedError(this.path);
  }
}

export function changedError(file: string, cause?: unknown): GristmillError {
  const message = `${file} changed during the import; the store was not changed. Import the file again when nobody writes to it.`;
  return new GristmillError('SOURCE_CHANGED', message, { file, cause });
}

function notAFile(file: string, what: string): GristmillError {
  const message = `${file} is ${what}; give a regular file (write a stream to a file first).`;
  return new GristmillError('SOURCE_NOT_A_FILE', message, { file });
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a FIFO';
  return stat.isCharacterDevice() || stat.isBlockDevice() ? 'a device' : 'not a regular file';
}

function openError(path: string, cause: NodeJS.ErrnoException): GristmillError {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    return new GristmillError('SOURCE_NOT_FOUND', `There is no file ${path}.`, { file: path, cause });
  }
  const message = `${path} cannot be read (${cause.code ?? cause.message}).`;
  return new GristmillError('SOURCE_NOT_READABLE', message, { file: path, cause });
}
