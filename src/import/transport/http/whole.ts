// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// An object in one answer, from a server without ranges. If the connection breaks, a strong ETag proves that another answer
// has the same bytes: those that we have are passed over. Without one, nothing proves it.

import { GristmillError } from '../../../base/errors.js';
import { FETCH_ATTEMPTS_MAX } from '../../../base/limits.js';
import { Attempts, cancelled, Passing } from './attempts.js';
import { bytesOf } from './exchange.js';
import { type Opened, request } from './opened.js';

/** @throws SOURCE_CHANGED, SOURCE_TRUNCATED, SOURCE_UNREACHABLE, SOURCE_FORBIDDEN, SOURCE_NOT_READABLE, CANCELLED */
export async function* wholeFrom(opened: Opened, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const { access, state, clock } = opened;
  const { shown } = access;
  if (from > 0 && state.etag === undefined) throw unpinned(shown, from);
  const attempts = new Attempts({ shown, most: FETCH_ATTEMPTS_MAX, clock, signal });
  let at = from;
  for (;;) {
    try {
      for await (const chunk of once(opened, at, signal)) {
        at += chunk.byteLength;
        yield chunk;
      }
      // Node ends the answer of an aborted request as if that were its end.
      if (signal.aborted) throw cancelled(shown, signal);
      return;
    } catch (error) {
      const passing = attempts.passing(error);
      if (at > 0 && state.etag === undefined) throw brokeOff(opened, at, passing);
      await attempts.failed(passing);
    }
  }
}

/** The bytes of one answer, without those before `from`. */
async function* once(opened: Opened, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const answer = await request(opened, {}, signal);
  const { bytes } = opened.state;
  let at = 0;
  try {
    if (answer.statusCode !== 200) throw new Passing('the server sent a part, but gristmill requested everything');
    for await (const chunk of bytesOf(answer, opened.clock)) {
      const before = at;
      at += chunk.byteLength;
      if (bytes !== undefined && at > bytes) throw new Passing('the server sent more bytes than there are');
      if (at > from) yield chunk.subarray(Math.max(0, from - before));
    }
  } finally {
    answer.destroy();
  }
  if (bytes !== undefined && at < bytes) throw new Passing(`the server sent ${bytes - at} bytes too few`);
}

function unpinned(shown: string, from: number): GristmillError {
  const message = `${shown} cannot be read from byte ${from} on: the server gives no strong ETag, so nothing proves that the bytes are of one version. Download it, and import the file.`;
  return new GristmillError('SOURCE_NOT_READABLE', message, { file: shown, offset: from });
}

function brokeOff({ state: { shown, bytes } }: Opened, at: number, cause: Passing): GristmillError {
  const most = bytes === undefined ? '' : ` of ${bytes}`;
  const message =
    `${shown} broke off after ${at}${most} bytes: ${cause.message}. The server gives no strong ETag, so nothing proves that ` +
    'the rest would be of the same version. Try again, or download it and import the file.';
  return new GristmillError('SOURCE_TRUNCATED', message, { file: shown, offset: at, cause });
}
