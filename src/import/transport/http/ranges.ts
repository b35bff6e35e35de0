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

/** @throws RangeIgnored, SOURCE_CHANGED, SOURCE_UNREACHABLE, SOURCE_FORBIDDEN, CANCELLED */
export async function fetchRange(
  opened: Opened,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  const { access, clock } = opened;
  let got = 0;
  await attempted({ shown: access.shown, most: FETCH_ATTEMPTS_MAX, clock, signal }, async () => {
    const answer = await request(opened, { range: `bytes=${from + got}-${to - 1}` }, signal);
    const before = got;
    try {
      if (answer.statusCode !== 206) throw new RangeIgnored();
      checkPart(answer.headers, from + got, to);
      for await (const chunk of bytesOf(answer, clock)) {
        if (got + chunk.byteLength > bytes.byteLength) {
          got = before;
          throw new Passing('the server sent more bytes than it was asked for');
        }
        bytes.set(chunk, got);
        got += chunk.byteLength;
      }
    } finally {
      answer.destroy();
    }
    if (got < bytes.byteLength) throw new Passing(`the server sent ${bytes.byteLength - got} bytes too few`);
  });
  return bytes;
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
    for await (const { result } of inOrder(starts, parallel, fetch, stop)) yield result;
  } finally {
    release();
  }
}

function* startsFrom(from: number, end: number, rangeBytes: number): Generator<number> {
  for (let start = from; start < end; start += rangeBytes) yield start;
}
