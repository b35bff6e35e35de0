// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Follows redirects: ours to follow, because a request for a range stays one for the same range of the same version, secrets
// stay with their origin, and nothing that was asked for over https is taken over http.

import type { IncomingMessage } from 'node:http';
import { GristmillError } from '../../../base/errors.js';
import { REDIRECTS_MAX } from '../../../base/limits.js';
import { type Access, shownOf } from './access.js';
import type { Clock } from './clock.js';
import { beginningOf, exchange } from './exchange.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What every request says. `identity`: the bytes as they are stored. */
const ALWAYS = { 'user-agent': 'gristmill', accept: '*/*', 'accept-encoding': 'identity' };

/** What to ask for, beside the address: a range, and the version it has to be of. */
export type Wanted = Readonly<Record<string, string>>;

/**
 * Asks for an object, wherever it is, and resolves with an answer that is no redirect.
 * @throws SOURCE_UNREACHABLE for redirects without end or to where we do not follow; Passing, errors of the connection
 */
export async function ask(
  access: Access,
  wanted: Wanted,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  let { url, secrets } = await access.authorize();
  for (let redirects = 0; ; redirects++) {
    const answer = await exchange(url, { ...secrets, ...ALWAYS, ...wanted }, clock, signal);
    const { location } = answer.headers;
    const isOther = answer.statusCode! >= 300 && access.learns(answer.headers);
    const isElsewhere = REDIRECTS.has(answer.statusCode!) && location !== undefined;
    if (!isOther && !isElsewhere) return answer;
    await beginningOf(answer, clock);
    if (redirects === REDIRECTS_MAX) throw astray(access, `more than ${REDIRECTS_MAX} redirects follow one another`);
    if (isOther) {
      ({ url, secrets } = await access.authorize());
      continue;
    }
    const next = nextOf(url, location!, access);
    // Once we have left the origin, another server decides where we go: also back.
    if (next.origin !== url.origin) secrets = {};
    url = next;
  }
}

function nextOf(from: URL, location: string, access: Access): URL {
  if (!URL.canParse(location, from.href)) throw astray(access, 'the server redirects to an address that is not valid');
  const next = new URL(location, from);
  next.username = '';
  next.password = '';
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw astray(
      access,
      `the server redirects from https to http, to ${shownOf(next)}, where others in the network can change the file`,
    );
  }
  if (!/^https?:$/.test(next.protocol)) throw astray(access, `the server redirects to a ${next.protocol} address`);
  return next;
}

function astray({ shown }: Access, reason: string): GristmillError {
  const message = `${shown} could not be read: ${reason}. Give the address of the file itself.`;
  return new GristmillError('SOURCE_UNREACHABLE', message, { file: shown });
}
