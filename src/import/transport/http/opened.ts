// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// A request for an object that was opened: the answer has bytes of the same version, or it is an error.

import type { IncomingMessage } from 'node:http';
import type { Access } from './access.js';
import type { Clock } from './clock.js';
import { ask, type Wanted } from './redirects.js';
import { errorOf } from './refusal.js';
import { changed, checkSame, type ObjectState } from './state.js';

export interface Opened {
  readonly access: Access;
  readonly state: ObjectState;
  readonly clock: Clock;
}

/** Not there any more (404, 410), another version (412), or a shorter one (416). */
const GONE = new Set([404, 410]);
const OTHER = new Set([412, 416]);

/** An answer with status 200 or 206. @throws SOURCE_CHANGED, SOURCE_FORBIDDEN, SOURCE_UNREACHABLE; Passing, errors of the connection */
export async function request(
  { access, state, clock }: Opened,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const pinned = state.etag === undefined ? wanted : { ...wanted, 'if-match': state.etag };
  const answer = await ask(access, pinned, clock, signal);
  try {
    const status = answer.statusCode!;
    if (GONE.has(status)) throw changed(state.shown, 'was removed');
    if (OTHER.has(status)) throw changed(state.shown);
    if (status !== 200 && status !== 206) throw await errorOf(answer, access, clock);
    checkSame(state, answer);
    return answer;
  } catch (error) {
    answer.destroy();
    throw error;
  }
}
