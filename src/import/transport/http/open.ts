// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Opens a remote object with one GET for its first byte: servers answer a HEAD of a presigned address with 403, and what a
// server says about ranges counts less than what it does.

import type { IncomingMessage } from 'node:http';
import { OPEN_ATTEMPTS_MAX } from '../../../base/limits.js';
import type { SourceVersion } from '../../../store/source-types.js';
import type { Access } from './access.js';
import { attempted } from './attempts.js';
import type { Clock } from './clock.js';
import { beginningOf } from './exchange.js';
import { ask, type Wanted } from './redirects.js';
import { errorOf } from './refusal.js';
import { type ObjectState, stateOf } from './state.js';

/** @throws SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, SOURCE_UNREACHABLE, SOURCE_NOT_READABLE, CANCELLED */
export async function openObject(access: Access, clock: Clock, signal: AbortSignal | undefined): Promise<ObjectState> {
  return (await openUnlessSame(access, clock, signal, {})) as ObjectState;
}

/** As `openObject`; undefined if the object is still of the version that is known, if one is. */
export function openUnlessSame(
  access: Access,
  clock: Clock,
  signal: AbortSignal | undefined,
  { etag, modified }: SourceVersion,
): Promise<ObjectState | undefined> {
  const { shown } = access;
  // With an ETag the time counts no more (RFC 9110, 13.1.3).
  const condition: Wanted = {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(etag === undefined && modified !== undefined && { 'if-modified-since': modified }),
  };
  const isConditional = Object.keys(condition).length > 0;
  return attempted({ shown, most: OPEN_ATTEMPTS_MAX, clock, signal }, async () => {
    const answer = await firstOf(access, clock, signal, condition);
    try {
      if (isConditional && answer.statusCode === 304) {
        await beginningOf(answer, clock);
        return undefined;
      }
      if (answer.statusCode !== 206 && answer.statusCode !== 200) throw await errorOf(answer, access, clock);
      const state = stateOf(shown, answer);
      // The connection is used again after one byte, but not after a whole object. Some servers promise a first byte of an
      // object that has none.
      if (answer.statusCode === 206 && state.bytes !== 0) await beginningOf(answer, clock);
      return state;
    } finally {
      answer.destroy();
    }
  });
}

async function firstOf(
  access: Access,
  clock: Clock,
  signal: AbortSignal | undefined,
  condition: Wanted,
): Promise<IncomingMessage> {
  const answer = await ask(access, { range: 'bytes=0-0', ...condition }, clock, signal);
  if (answer.statusCode !== 416) return answer;
  // An object of no bytes has no first one.
  await beginningOf(answer, clock);
  return ask(access, condition, clock, signal);
}
