// stdout and stderr, which may close or fill up while a command runs. Every byte that a command prints goes through here, so
// that no command has to think of it:
// - The reader of stdout is gone (`| head`): the command has done its work, and its exit code says so.
// - stdout cannot take more (a full disk): exit code 5, whatever else was done.
// - stderr is broken: messages are lost, and nothing else changes.

import { fstatSync } from 'node:fs';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { writeFully } from '../../store/files/io.js';
import { escapeLines } from './escape.js';

/** Thrown when the reader of stdout has gone. */
export class OutputClosed extends Error {}

const STDOUT = 1;
/** How a system says that nobody reads any more: a pipe, a socket, a pipe of Windows. */
const READER_GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'EOF']);

/** The first failure of stdout: a stream that has failed says something else from then on. */
let failed: Error | undefined;
/** What stdout is; unset until it is asked. */
let kind: 'file' | 'stream' | undefined;
/** What was printed and may not have been written yet. */
let printed: Promise<void> = Promise.resolve();

/** Without a listener, an error of a stream ends the process with a stack trace. Call it before anything is printed. */
export function outliveStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/**
 * Writes to stdout. Resolves when more may be written; until then the bytes must not change.
 * @throws OutputClosed if nobody reads any more; GristmillError DISK_FULL, IO_ERROR
 */
export async function writeStdout(text: string | Uint8Array): Promise<void> {
  if (failed !== undefined) throw failed;
  try {
    // Node writes a part of a chunk to a file that has no room for all of it, and reports success.
    if (isFile()) writeFully(STDOUT, typeof text === 'string' ? Buffer.from(text) : text, 'stdout');
    else await writeStream(text);
  } catch (cause) {
    failed ??= READER_GONE.has((cause as NodeJS.ErrnoException).code)
      ? new OutputClosed()
      : ioError(cause, 'write', 'stdout');
    throw failed;
  }
}

/** Prints what a command has to say. `printing` says whether it could be written. */
export function print(text: string): void {
  printed = Promise.all([printed, writeStdout(escapeLines(text))]).then(() => {});
  printed.catch(() => {});
}

/** Prints to stderr; what cannot be printed is lost. */
export function printError(text: string): void {
  process.stderr.write(text);
}

/**
 * Resolves when all that was printed is written. Call it when the command has done its work.
 * @throws OutputClosed, GristmillError DISK_FULL, IO_ERROR
 */
export async function printing(): Promise<void> {
  try {
    await printed;
  } catch (error) {
    if (!(error instanceof GristmillError)) throw error;
    const { code, cause } = error;
    const why = cause instanceof Error ? cause.message : error.message;
    throw new GristmillError(code, `the command is done, but its result cannot be written to stdout: ${why}`, {
      cause,
    });
  }
}

function writeStream(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** A file, or a device that is no terminal, such as /dev/full. */
function isFile(): boolean {
  if (kind === undefined) {
    const stat = fstatSync(STDOUT);
    kind = stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY) ? 'file' : 'stream';
  }
  return kind === 'file';
}
