// One synchronous step of a stream of node:zlib, which its public interface cannot do: the streams work in other threads, and
// the functions that are synchronous take a whole file. So this file, and no other, calls `writeSync` of the handle below a
// stream, as Node itself does for `inflateRawSync`. A test runs on the oldest and the newest Node (docs/decisions.md).

import type { Duplex } from 'node:stream';

/** What is used of a stream below its public interface. */
interface Internals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputBytes: number,
      output: Uint8Array,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Set by each write: free bytes of the output, unread bytes of the input. */
  readonly _writeState: Uint32Array;
  readonly errored: NodeJS.ErrnoException | null;
}

/** The bytes that a step has read from its input and written to its output. */
export interface ZlibStep {
  readonly read: number;
  readonly written: number;
}

/** A stream of node:zlib. */
export type ZlibStream = Duplex;

/** Call it once for a stream: it emits an error too, some time after the step that threw it. */
export function stepped<Stream extends ZlibStream>(stream: Stream): Stream {
  return stream.on('error', () => {});
}

/**
 * @param stream one that was `stepped`. @param flush one of Node's constants. @param inputBytes that it may read
 * @param outputBytes that it may write
 * @throws the stream's error; the stream has ended then
 */
export function zlibStep(
  stream: ZlibStream,
  flush: number,
  input: Uint8Array,
  output: Uint8Array,
  inputBytes = input.byteLength,
  outputBytes = output.byteLength,
): ZlibStep {
  const internals = stream as unknown as Internals;
  internals._handle.writeSync(flush, input, 0, inputBytes, output, 0, outputBytes);
  if (internals.errored !== null) throw internals.errored;
  const [free, unread] = internals._writeState as unknown as readonly [number, number];
  return { read: inputBytes - unread, written: outputBytes - free };
}
