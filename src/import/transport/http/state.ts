// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The state of an object: what the first answer says of it, and whether a later one is of the same.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GristmillError } from '../../../base/errors.js';
import type { SourceVersion } from '../../../store/source-types.js';
import { Passing } from './attempts.js';

export interface ObjectState {
  readonly shown: string;
  /** Total bytes, as they are stored: compressed ones, if the server stores it compressed. */
  readonly bytes: number | undefined;
  /** The strong ETag: two answers with it have the same bytes. */
  readonly etag: string | undefined;
  readonly modified: string | undefined;
  /** Whether the server gave a range: with a strong ETag, all ranges are of one version. */
  readonly hasRanges: boolean;
  /** What a server without strong ETag says instead. It cannot prove that nothing has changed, only that something has. */
  readonly weakTag: string | undefined;
  readonly encoding: string | undefined;
}

/** RFC 9110, 8.8.3. One in other quotes, or none, may not come back as it was sent. */
const STRONG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;
/** Encodings that are formats of files too: the reader of the bytes recognises them by their first bytes. */
const FILE_ENCODINGS = new Set(['gzip', 'x-gzip', 'zstd']);
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i;

/** The state that an answer to a request for the first byte, or for the whole, tells. @throws SOURCE_NOT_READABLE */
export function stateOf(shown: string, { statusCode, headers }: IncomingMessage): ObjectState {
  const { etag: tag } = headers;
  const etag = tag !== undefined && STRONG.test(tag) ? tag : undefined;
  const isPart = statusCode === 206;
  const bytes = isPart ? partOf(headers)?.total : lengthOf(headers);
  const encoding = encodingOf(headers);
  const state = { shown, bytes, etag, modified: headers['last-modified'], encoding, weakTag: etag ? undefined : tag };
  checkReadable(state, headers, isPart);
  return { ...state, hasRanges: isPart && etag !== undefined && bytes !== undefined };
}

function checkReadable(
  { shown, bytes, encoding }: Omit<ObjectState, 'hasRanges'>,
  headers: IncomingHttpHeaders,
  isPart: boolean,
): void {
  const refuse = (reason: string) => {
    const message = `${shown} cannot be read: ${reason}. Download it with another program, and import the file.`;
    return new GristmillError('SOURCE_NOT_READABLE', message, { file: shown });
  };
  if (encoding !== undefined && !FILE_ENCODINGS.has(encoding)) {
    throw refuse(`the server sends it with Content-Encoding ${encoding}, although gristmill asked for none`);
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    throw refuse(`the server sends it with Transfer-Encoding ${transfer}, although gristmill asked for none`);
  }
  if (!isPart && bytes === undefined && transfer === undefined) {
    throw refuse(
      'the server does not say where it ends (no Content-Length), so a broken connection would look like its end',
    );
  }
}

/** What is to be noted of a version, so that another one is known from it. Undefined if the server says nothing. */
export function versionOf({
  etag,
  weakTag,
  modified,
}: Pick<ObjectState, 'etag' | 'weakTag' | 'modified'>): SourceVersion | undefined {
  if (etag !== undefined) return { etag };
  if (weakTag === undefined && modified === undefined) return undefined;
  return { ...(weakTag !== undefined && { etag: weakTag }), ...(modified !== undefined && { modified }) };
}

/** Checks that an answer is of the state. @throws SOURCE_CHANGED */
export function checkSame(state: ObjectState, { statusCode, headers }: IncomingMessage): void {
  const { etag } = headers;
  const total = statusCode === 206 ? partOf(headers)?.total : lengthOf(headers);
  const isOther =
    etag !== (state.etag ?? state.weakTag) ||
    encodingOf(headers) !== state.encoding ||
    (total !== undefined && state.bytes !== undefined && total !== state.bytes) ||
    (state.etag === undefined && headers['last-modified'] !== state.modified);
  if (isOther) throw changed(state.shown);
}

export function changed(shown: string, how = 'was replaced'): GristmillError {
  const message = `${shown} ${how} while it was read. Import again, when nobody writes to it.`;
  return new GristmillError('SOURCE_CHANGED', message, { file: shown });
}

/** Checks that an answer begins at a byte, and how far it says that it goes. @throws Passing for any other part */
export function checkPart(headers: IncomingHttpHeaders, from: number, to: number): void {
  const part = partOf(headers);
  if (part === undefined || part.from !== from || part.to > to) {
    throw new Passing(
      `the server sent another part (Content-Range: ${headers['content-range'] ?? 'none'}) than gristmill requested`,
    );
  }
}

/** Content-Range; `to` is the first byte after it, as everywhere here. */
function partOf(headers: IncomingHttpHeaders): { from: number; to: number; total: number | undefined } | undefined {
  const match = CONTENT_RANGE.exec(headers['content-range']?.trim() ?? '');
  if (match === null) return undefined;
  const [, from, last, total] = match;
  return { from: Number(from), to: Number(last) + 1, total: total === '*' ? undefined : Number(total) };
}

function lengthOf(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}
