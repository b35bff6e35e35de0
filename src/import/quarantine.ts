// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// The file of an import's rejected records, `quarantine/<import>.ndjson`: one line each, with its source, its ordinal in
// it, offset, reason and bytes. Made at the first one, with mode 0600 from the start, synced before the import is
// published, and removed when it fails.

import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory, quarantinePath } from '../store/files.js';
import { ioError, isMissing, syncDirectory, writeFully } from '../store/io.js';
import type { Pause } from './plan.js';

const READ_BYTES = 1 << 20;
const COMMA = ','.charCodeAt(0);
const NEWLINE = '\n'.charCodeAt(0);

export class Quarantine {
  readonly #store: string;
  readonly #path: string;
  #fd: number | undefined;
  #bytes = 0;

  /** @param id of the import. */
  constructor(store: string, id: string) {
    this.#store = store;
    this.#path = quarantinePath(store, id);
  }

  /** The file, when there is one. */
  get path(): string | undefined {
    return this.#fd === undefined ? undefined : this.#path;
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Goes on in the file of an import that was killed, behind so many bytes of it. @throws IO_ERROR, DISK_FULL */
  resume(bytes: number): void {
    try {
      if (bytes === 0) {
        rmSync(this.#path, { force: true });
        return;
      }
      this.#fd = openSync(this.#path, 'a', 0o600);
      ftruncateSync(this.#fd, bytes);
      this.#bytes = bytes;
    } catch (cause) {
      throw ioError(cause, 'write', this.#path);
    }
  }

  /** Moves the lines of a span's file (rejects.ts) here, completed, and removes that file. @throws IO_ERROR, DISK_FULL */
  async take(badPath: string, source: string, readBefore: number, pause: Pause): Promise<void> {
    const fd = this.#openFor(badPath);
    if (fd === undefined) return;
    const lines = new LineCompleter(source, readBefore);
    const buffer = Buffer.alloc(READ_BYTES);
    try {
      for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer)) {
        const completed = lines.complete(buffer.subarray(0, bytes));
        writeFully(this.#fd as number, completed, this.#path);
        this.#bytes += completed.byteLength;
        await pause();
      }
    } finally {
      closeSync(fd);
    }
    rmSync(badPath);
  }

  /** Makes the file and its name durable. @throws IO_ERROR */
  sync(): void {
    if (this.#fd === undefined) return;
    try {
      fsyncSync(this.#fd);
    } catch (cause) {
      throw ioError(cause, 'sync', this.#path);
    }
    syncDirectory(dirname(this.#path));
    syncDirectory(this.#store);
  }

  /** Closes the file; removes it, and its directory if it is the only one there, unless it is to stay. */
  close(stays: boolean): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    if (stays) return;
    rmSync(this.#path, { force: true });
    try {
      rmdirSync(dirname(this.#path));
    } catch {
      // Of other imports.
    }
  }

  /** Opens a span's file, and ours with the first of them; undefined where the span rejected nothing. */
  #openFor(badPath: string): number | undefined {
    let fd: number;
    try {
      fd = openSync(badPath, 'r');
    } catch (cause) {
      if (isMissing(ioError(cause, 'open', badPath))) return undefined;
      throw ioError(cause, 'open', badPath);
    }
    try {
      makeDirectory(dirname(this.#path));
      this.#fd ??= openSync(this.#path, 'wx', 0o600);
      return fd;
    } catch (cause) {
      closeSync(fd);
      throw ioError(cause, 'create', this.#path);
    }
  }
}

/** Turns the lines of a span's file into whole ones, a block at a time. */
class LineCompleter {
  readonly #beginning: string;
  readonly #readBefore: number;
  /** Digits of the ordinal that a line begins with; undefined in the rest of the line. */
  #digits: string | undefined = '';

  constructor(source: string, readBefore: number) {
    this.#beginning = `{"file":${JSON.stringify(source)},"record":`;
    this.#readBefore = readBefore;
  }

  complete(block: Buffer): Buffer {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < block.byteLength; ) {
      const isOrdinal = this.#digits !== undefined;
      const found = block.indexOf(isOrdinal ? COMMA : NEWLINE, at);
      const end = found === -1 ? block.byteLength : found + 1;
      if (!isOrdinal) parts.push(block.subarray(at, end));
      else this.#digits += block.toString('latin1', at, found === -1 ? end : found);
      if (found !== -1 && isOrdinal) {
        parts.push(Buffer.from(`${this.#beginning}${this.#readBefore + Number(this.#digits)},`));
        this.#digits = undefined;
      } else if (found !== -1) this.#digits = '';
      at = end;
    }
    return Buffer.concat(parts);
  }
}
