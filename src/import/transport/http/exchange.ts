// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// One request, and the bytes of its answer as the server sent them. Node's `fetch` would undo a Content-Encoding on its own:
// a range of a compressed object then loses bytes without an error. The global agents of Node keep connections open for
// the next request, do not keep the process alive for them, and use a proxy where Node was told to.

import type { IncomingMessage } from 'node:http';
import { ANSWER_MS_MAX, ERROR_TEXT_BYTES_MAX, STALL_BYTES_MIN, STALL_MS } from '../../../base/limits.js';
import { Passing } from './attempts.js';
import type { Clock } from './clock.js';

type Headers = Readonly<Record<string, string>>;

/**
 * Sends a GET and resolves with the answer, whose body is not read yet: read it with `bytesOf`, or destroy it.
 * @throws Passing, errors of the connection
 */
export function exchange(
  url: URL,
  headers: Headers,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Loaded here: every command would wait for them.
    const send = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http').request;
    const request = send(url, { headers, ...(signal && { signal }) });
    const cancel = clock.after(ANSWER_MS_MAX, () => {
      request.destroy(new Passing(`the server did not answer within ${ANSWER_MS_MAX / 1000} seconds`));
    });
    request.on('response', (answer) => {
      cancel();
      resolve(answer);
    });
    // Stays for errors after the answer has begun: its reader sees them too, and nobody else has to.
    request.on('error', (error) => {
      cancel();
      reject(error);
    });
    request.end();
  });
}

/**
 * The bytes of an answer. A connection has stalled if it gives next to nothing in a time of which we wait at least half: a
 * consumer may be as slow as it likes. Whoever stops early closes the connection.
 * @throws Passing if the connection has stalled; errors of the connection, also if the answer ends too early
 */
export async function* bytesOf(answer: IncomingMessage, clock: Clock): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  let pausedMs = 0;
  let isPaused = false;
  const check = () => {
    if (bytes < STALL_BYTES_MIN && pausedMs < STALL_MS / 2 && !isPaused) {
      answer.destroy(new Passing(`the connection stalled: ${bytes} bytes in ${STALL_MS / 1000} seconds`));
    }
    bytes = 0;
    pausedMs = 0;
    cancel = clock.after(STALL_MS, check);
  };
  // One for many chunks: a timer for each would cost more than the chunk.
  let cancel = clock.after(STALL_MS, check);
  try {
    for await (const chunk of answer) {
      bytes += chunk.byteLength;
      const since = clock.now();
      isPaused = true;
      yield chunk;
      isPaused = false;
      pausedMs += clock.now() - since;
    }
  } finally {
    cancel();
  }
}

/** Reads an answer that is not the object, so that its connection can be used again; a long one is closed. @throws as `bytesOf` */
export async function beginningOf(answer: IncomingMessage, clock: Clock): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(answer, clock)) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > ERROR_TEXT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}
