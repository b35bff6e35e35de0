// Where records go: stdout or a file, in chunks, each awaited, so that a slow reader slows us down instead of filling memory.
// A reader that goes away (`| head`) is no error: `OutputClosed` (streams.ts) ends the command quietly.

import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { InvalidArgumentError } from 'commander';
import { nameErrors } from '../../base/system-errors.js';
import { whyNotBeside } from '../../store/files/exposure.js';
import { syncDirectorySoon, syncHandle } from '../../store/files/io.js';
import { strangerOwning } from '../../store/files/own-files.js';
import { escapeLines } from './escape.js';
import { inFlags } from './flags.js';
import { writeStdout } from './streams.js';

/** A place for text. */
export interface Output {
  /** Resolves when more may be written; until then the bytes must not change. */
  write(text: string | Uint8Array): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
  /** Something failed: leave nothing behind. */
  discard(): Promise<void>;
}

/** stdout. What goes to a terminal is escaped; anything else gets each byte as it is stored. */
export function standardOutput(): Output {
  const decoder = process.stdout.isTTY ? new StringDecoder() : undefined;
  return {
    write: (text) => writeStdout(decoder === undefined ? text : shown(text, decoder)),
    finish: async () => {},
    discard: async () => {},
  };
}

/** A character may be in two pieces of bytes. */
function shown(text: string | Uint8Array, decoder: StringDecoder): string {
  return escapeLines(typeof text === 'string' ? text : decoder.write(Buffer.from(text)));
}

/**
 * A file that appears under its name only when complete; private to its owner from the first byte.
 * @param trustShared whether the group of its directory is trusted
 */
export async function fileOutput(path: string, trustShared: boolean): Promise<Output> {
  const target = await regularFile(path);
  checkBeside(target, trustShared, path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const written = <T>(work: () => Promise<T>) => nameErrors('write', path, work);
  const file: FileHandle = await written(() => open(temporary, 'wx', 0o600));
  return {
    write: (text) => written(() => file.writeFile(text)),
    finish: () =>
      written(async () => {
        await syncHandle(file);
        await file.close();
        await rename(temporary, target);
        await syncDirectorySoon(dirname(target));
      }),
    discard: async () => {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

/**
 * Refuses a place where others could put something else.
 * @param trustShared whether the group of its directory is trusted @param given the path as the user gave it
 */
export function checkBeside(path: string, trustShared: boolean, given = path): void {
  const why = whyNotBeside(resolve(path), trustShared);
  if (why !== undefined) throw new InvalidArgumentError(`--out ${given} is not used: ${inFlags(why)}`);
}

/** Follows links, so that they stay links, but not those of other users; refuses to rename over a device or a pipe. */
async function regularFile(path: string): Promise<string> {
  const link = await lstat(path).catch(() => undefined);
  const owner = link?.isSymbolicLink() ? strangerOwning(link) : undefined;
  if (owner !== undefined) {
    throw new InvalidArgumentError(
      `--out ${path} is not used: it is a symbolic link of another user (id ${owner}); name the file itself`,
    );
  }
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return path;
  if (!found.isFile()) {
    throw new InvalidArgumentError(`--out ${path} is not a regular file; leave out --out and redirect stdout instead`);
  }
  return realpath(path);
}

/** Gathers lines into chunks: a write a record would cost a system call a record. */
export class LineWriter {
  readonly #output: Output;
  #pending = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** Adds text; await the promise where one is returned. */
  add(text: string): Promise<void> | undefined {
    this.#pending += text;
    return this.#pending.length >= CHUNK_CHARACTERS ? this.flush() : undefined;
  }

  /** Hands on what was gathered. */
  flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    return text === '' ? Promise.resolve() : this.#output.write(text);
  }
}

/** The capacity of a pipe on Linux. */
const CHUNK_CHARACTERS = 64 * 1024;
