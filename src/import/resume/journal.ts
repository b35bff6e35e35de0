// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// The journal of an import: a line for each accepted span, written when all files of the span are on disk, so that a killed
// import goes on where it was. It follows behind the scan and holds nothing up: spans that come while files are synced are
// synced together next.

import { closeSync, fdatasync, ftruncateSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ioError } from '../../base/system-errors.js';
import { syncDirectory, syncDirectorySoon, syncFile, writeFully } from '../../store/files/io.js';
import { openRegular } from '../../store/files/own-files.js';
import type { SealKeys } from '../../store/seal/types.js';
import { encodeLine, encodeSpan, type JournalHeader, type JournalSeal, type JournalSpan } from './journal-format.js';

const sync = promisify(fdatasync);

export class Journal {
  readonly #path: string;
  readonly #fd: number;
  readonly #seal: JournalSeal | undefined;
  /** Lines so far, those that wait too. */
  #lines: number;
  #waiting: { readonly line: Buffer; readonly files: readonly string[] }[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, fd: number, seal: SealKeys | undefined, lines: number) {
    this.#path = path;
    this.#fd = fd;
    this.#seal = seal && { keys: seal, path };
    this.#lines = lines;
  }

  /** Makes the file, durable with its name, in a directory that exists. @throws DISK_FULL, IO_ERROR */
  static begin(path: string, header: JournalHeader, seal: SealKeys | undefined): Journal {
    try {
      const journal = new Journal(path, openSync(path, 'wx', 0o600), seal, 1);
      writeFully(journal.#fd, encodeLine(header, journal.#seal), path);
      const temporary = dirname(dirname(path));
      for (const directory of [dirname(path), temporary, dirname(temporary)]) syncDirectory(directory);
      return journal;
    } catch (cause) {
      throw ioError(cause, 'begin', path);
    }
  }

  /** Continues a journal after the bytes and lines of it that count. @throws DISK_FULL, IO_ERROR */
  static resume(path: string, bytes: number, lines: number, seal: SealKeys | undefined): Journal {
    try {
      const { fd } = openRegular(path, 'journal', true);
      ftruncateSync(fd, bytes);
      return new Journal(path, fd, seal, lines);
    } catch (cause) {
      throw ioError(cause, 'resume', path);
    }
  }

  /** Records a span when its files are on disk. `settled` throws the error, if one occurs. */
  add(span: JournalSpan, files: readonly string[]): void {
    this.#waiting.push({ line: encodeLine(encodeSpan(span), this.#seal, this.#lines++), files });
    this.#writing ??= this.#write();
  }

  /** All spans are noted. @throws DISK_FULL, IO_ERROR */
  async settled(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** No span is added any more. */
  async close(): Promise<void> {
    this.#waiting = [];
    await this.#writing;
    closeSync(this.#fd);
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#failure === undefined) {
        const group = this.#waiting;
        this.#waiting = [];
        const files = new Set(group.flatMap((span) => span.files));
        await Promise.all([...files].map(syncFile));
        // The quarantine's own directory is new with its first file.
        const directories = new Set([...files].map(dirname));
        await Promise.all([...directories, dirname(dirname(dirname(this.#path)))].map(syncDirectorySoon));
        writeFully(this.#fd, Buffer.concat(group.map(({ line }) => line)), this.#path);
        await sync(this.#fd);
      }
    } catch (error) {
      this.#failure = { error: ioError(error, 'write', this.#path) };
    }
    this.#writing = undefined;
  }
}
