// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// An answer without the object: whether it may pass, or which error it is. Of the server's own text only the code of an S3
// error is used: the rest may repeat what the request had to prove who asks.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GristmillError } from '../../../base/errors.js';
import type { Access, Refusal } from './access.js';
import { Passing } from './attempts.js';
import type { Clock } from './clock.js';
import { beginningOf } from './exchange.js';

const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Codes of S3 that come with status 400. */
const PASSING_CODES = new Set(['RequestTimeout', 'InternalError', 'SlowDown']);
const FORBIDDEN_CODES = new Set([
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'AuthorizationHeaderMalformed',
]);

/**
 * The error that an answer without the object is: a `Passing` if another attempt may succeed.
 * @throws the error of the connection while its text is read
 */
export async function errorOf(answer: IncomingMessage, access: Access, clock: Clock): Promise<Error> {
  const text = (await beginningOf(answer, clock)).toString('latin1');
  const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1];
  const refusal = { status: answer.statusCode!, code, at: clock.now() };
  return asError(refusal, answer.headers, access);
}

function asError(refusal: Refusal, headers: IncomingHttpHeaders, access: Access): Error {
  const { status, code } = refusal;
  const said =
    `${status} ${process.getBuiltinModule('node:http').STATUS_CODES[status] ?? ''}`.trim() +
    (code === undefined ? '' : ` (${code})`);
  if (PASSING_STATUS.has(status) || PASSING_CODES.has(code ?? '')) {
    return new Passing(`the server answered ${said}`, { waitMs: retryAfterMs(headers, refusal.at) });
  }
  const { shown } = access;
  const facts = { file: shown };
  if (status === 404 || status === 410) {
    const message = `${shown} is not there: the server answered ${said}. Check the address.`;
    return new GristmillError('SOURCE_NOT_FOUND', message, facts);
  }
  if (status === 401 || status === 403 || FORBIDDEN_CODES.has(code ?? '')) {
    const message = `gristmill has no right to read ${shown}: the server answered ${said}. ${access.advice(refusal)}`;
    return new GristmillError('SOURCE_FORBIDDEN', message, facts);
  }
  const message = `${shown} could not be read: the server answered ${said}, which is not an answer with a file. Check the address.`;
  return new GristmillError('SOURCE_UNREACHABLE', message, facts);
}

/** Milliseconds that the server asks us to wait: seconds, or a date, which is compared with the server's own clock. */
function retryAfterMs(headers: IncomingHttpHeaders, now: number): number {
  const given = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(given)) return Number(given) * 1000;
  const until = Date.parse(given);
  const told = Date.parse(headers.date ?? '');
  return Number.isNaN(until) ? 0 : Math.max(0, until - (Number.isNaN(told) ? now : told));
}
