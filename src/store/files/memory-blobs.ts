// store at rest: [blobs]
//
// Blobs as buffers of this process. A path is only a name; directories are what the names say.

import { ioError } from '../../base/system-errors.js';
import { zstdFrames } from '../codec/frame-codec.js';
import type { BlobReader, Blobs, BlobWriter } from './blobs.js';

/** A file: the pieces that were appended to it, and the offset of each piece. */
interface Pieces {
  readonly pieces: Uint8Array[];
  readonly starts: number[];
  size: number;
}

export class MemoryBlobs implements Blobs {
  readonly areFiles = false;
  readonly codec = zstdFrames;
  readonly #files = new Map<string, Pieces>();

  makeDirectory(): void {}

  create(path: string, what: string): BlobWriter {
    if (this.#files.has(path)) throw ioError(systemError('EEXIST', path), `create ${what}`, path);
    const file: Pieces = { pieces: [], starts: [], size: 0 };
    this.#files.set(path, file);
    return {
      get size() {
        return file.size;
      },
      append(bytes) {
        // Not `slice`: of a Buffer that is no copy.
        file.pieces.push(new Uint8Array(bytes));
        file.starts.push(file.size);
        file.size += bytes.byteLength;
      },
      close() {},
    };
  }

  /** Nothing that could be continued survives. */
  extend(path: string): BlobWriter {
    throw ioError(systemError('ENOENT', path), 'continue', path);
  }

  open(path: string, what: string): BlobReader {
    const file = this.#files.get(path);
    if (file === undefined) throw ioError(systemError('ENOENT', path), `open ${what}`, path);
    const readSync = (into: Uint8Array, offset: number): number => copyFrom(file, into, offset);
    return {
      ...{ size: file.size, descriptor: undefined },
      ...{ readSync, read: async (into, offset) => readSync(into, offset), close() {} },
    };
  }

  list(directory: string): string[] {
    const names = [...this.#under(directory)].map((path) => path.slice(directory.length + 1).split('/', 1)[0]!);
    return [...new Set(names)];
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) throw ioError(systemError('ENOENT', from), 'rename', from);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async removeDirectory(path: string): Promise<void> {
    for (const inside of this.#under(path)) this.#files.delete(inside);
  }

  removeEmpty(): void {}

  async sync(): Promise<void> {}

  syncDirectory(): void {}

  *#under(directory: string): Generator<string> {
    for (const path of this.#files.keys()) if (path.startsWith(`${directory}/`)) yield path;
  }
}

function copyFrom({ pieces, starts }: Pieces, into: Uint8Array, offset: number): number {
  let low = 0;
  for (let high = starts.length; low + 1 < high; ) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  let done = 0;
  for (let i = low; i < pieces.length && done < into.byteLength; i++) {
    const from = offset + done - starts[i]!;
    const part = pieces[i]!.subarray(from, from + into.byteLength - done);
    into.set(part, done);
    done += part.byteLength;
  }
  return done;
}

/** The error that a file system would raise. */
function systemError(code: 'EEXIST' | 'ENOENT', path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
