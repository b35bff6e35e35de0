// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Ranges of an object, each of the version that was opened. If a connection breaks, only the rest of its range is asked for
// again: the strong ETag says that both parts are of one version.

import { FETCH_ATTEMPTS_MAX } from '../../../base/limits.js';
import { inOrder } from '../../../parallel/in-order.js';
import { attempted, Passing } from './attempts.js';
import { bytesOf } from './exchange.js';
import { type Opened, request } from './opened.js';
import { checkPart } from './state.js';
import { linkedTo } from './stop.js';

/** The server answered a request for a range with the whole object. */
export class RangeIgnored extends Error {}

/**
 * The bytes of a range as they came, in chunks of the connection: to make one array of them costs as much as to receive them.
 * @throws RangeIgnored, SOURCE_CHANGED, SOURCE_UNREACHABLE, SOURCE_FORBIDDEN, CANCELLED
 */
export async function fetchRange(
  opened: Opened,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<readonly Buffer[]> {
  const { access, clock } = opened;
  const chunks: Buffer[] = [];
  let at = from;
  await attempted({ shown: access.shown, most: FETCH_ATTEMPTS_MAX, clock, signal }, async () => {
    const answer = await request(opened, { range: `bytes=${at}-${to - 1}` }, signal);
    const before = { at, chunks: chunks.length };
    try {
      if (answer.statusCode !== 206) throw new RangeIgnored();
      checkPart(answer.headers, at, to);
      for await (const chunk of bytesOf(answer, clock)) {
        if (chunk.byteLength > to - at) {
          // An answer that goes on is not the one that it says it is.
          at = before.at;
          chunks.length = before.chunks;
          throw new Passing('the server sent more bytes than gristmill requested');
        }
        chunks.push(chunk);
        at += chunk.byteLength;
      }
    } finally {
      answer.destroy();
    }
    if (at < to) throw new Passing(`the server sent ${to - at} bytes too few`);
  });
  return chunks;
}

/** Fetches ranges side by side. At most `parallel` of them are in flight or wait for the consumer. @throws as `fetchRange` */
export async function* rangesInOrder(
  opened: Opened,
  { from, parallel, rangeBytes }: { from: number; parallel: number; rangeBytes: number },
  given: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { signal, stop, release } = linkedTo(given);
  const starts = startsFrom(from, opened.state.bytes!, rangeBytes);
  const fetch = (start: number) => fetchRange(opened, start, Math.min(start + rangeBytes, opened.state.bytes!), signal);
  try {
    for await (const { result } of inOrder(starts, parallel, fetch, stop)) yield* result;
  } finally {
    release();
  }
}

function* startsFrom(from: number, end: number, rangeBytes: number): Generator<number> {
  for (let start = from; start < end; start += rangeBytes) yield start;
}
