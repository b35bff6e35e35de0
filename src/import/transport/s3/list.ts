// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Lists the objects of a pattern, `s3://bucket/logs/*.gz`, or all below `s3://bucket/logs/`, a page at a time.

import { FETCH_ATTEMPTS_MAX, LISTING_PAGE_BYTES_MAX } from '../../../base/limits.js';
import { matcherOf } from '../../names/globs.js';
import { attempted, Passing } from '../http/attempts.js';
import { type Clock, SYSTEM_CLOCK } from '../http/clock.js';
import { bytesOf } from '../http/exchange.js';
import { ask } from '../http/redirects.js';
import { errorOf } from '../http/refusal.js';
import { S3Access } from './access.js';
import { escaped, nameOf, shownName } from './address.js';
import { configurationOf } from './configuration.js';
import { type Element, readXml, textOf } from './xml.js';

/** An object as a listing has it. */
export interface ListedObject {
  /** Its address, to open it with. */
  readonly address: string;
  readonly bytes: number;
  readonly etag: string | undefined;
  readonly modified: string | undefined;
}

export interface ListSettings {
  /** Variables with the credentials. Default: those of the process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the time of the system. */
  readonly clock?: Clock | undefined;
  /** Objects of one page. Default: as many as the service gives, usually a thousand. */
  readonly pageObjects?: number | undefined;
}

const SPECIAL = /[*?[{\\]/;

/**
 * The objects whose keys match, in the order of the bytes of their keys. Without a special character the key is a prefix.
 * Objects whose key ends in a slash are what consoles show as folders, and are left out.
 * @throws SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, SOURCE_UNREACHABLE, CONFIG_INVALID, CANCELLED; TypeError
 */
export async function* listS3(pattern: string, settings: ListSettings = {}): AsyncGenerator<ListedObject, void> {
  const { environment = process.env, signal, clock = SYSTEM_CLOCK, pageObjects } = settings;
  const { bucket, key } = nameOf(pattern);
  const special = key.search(SPECIAL);
  const prefix = special < 0 ? key : key.slice(0, special);
  const rest = key.slice(prefix.length);
  const matches = special < 0 ? () => true : matcherOf(key);
  const access = new S3Access({ bucket, key: '' }, await configurationOf(environment));
  const query = {
    'encoding-type': 'url',
    'list-type': '2',
    prefix,
    // Keys with another slash cannot match, and are not listed.
    ...(special >= 0 && !rest.includes('/') && !rest.includes('**') && { delimiter: '/' }),
    ...(pageObjects !== undefined && { 'max-keys': `${pageObjects}` }),
  };
  let token: string | undefined;
  do {
    access.query = queryOf(token === undefined ? query : { ...query, 'continuation-token': token });
    const trial = { shown: access.shown, most: FETCH_ATTEMPTS_MAX, clock, signal };
    const page = await attempted(trial, () => pageOf(access, token, clock, signal));
    for (const { key: found, ...facts } of page.objects) {
      if (found.endsWith('/') || !matches(found)) continue;
      yield { address: shownName({ bucket, key: found }), ...facts };
    }
    token = page.next;
  } while (token !== undefined);
}

interface Page {
  readonly objects: readonly (Omit<ListedObject, 'address'> & { readonly key: string })[];
  /** Where the next page begins, if there is one. */
  readonly next: string | undefined;
}

async function pageOf(
  access: S3Access,
  token: string | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const answer = await ask(access, {}, clock, signal);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (answer.statusCode !== 200) throw await errorOf(answer, access, clock);
    for await (const chunk of bytesOf(answer, clock)) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > LISTING_PAGE_BYTES_MAX) throw new Passing('the list of objects is too long for one page');
    }
  } finally {
    answer.destroy();
  }
  try {
    return readPage(Buffer.concat(chunks).toString('utf8'), token);
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof URIError)) throw cause;
    throw new Passing(`the answer is not a list of objects as S3 gives it: ${cause.message}`, { cause });
  }
}

/** @throws SyntaxError, URIError */
function readPage(document: string, token: string | undefined): Page {
  const root = readXml(document);
  if (root.name !== 'ListBucketResult') throw new SyntaxError(`it is a ${root.name}`);
  const isEscaped = textOf(root, 'EncodingType') === 'url';
  const next = textOf(root, 'IsTruncated') === 'true' ? textOf(root, 'NextContinuationToken') : undefined;
  if (textOf(root, 'IsTruncated') === 'true' && (!next || next === token)) throw new SyntaxError('it has no next page');
  const objects = root.children.filter(({ name }) => name === 'Contents').map((object) => objectOf(object, isEscaped));
  return { objects, next };
}

function objectOf(object: Element, isEscaped: boolean): Page['objects'][number] {
  const key = textOf(object, 'Key');
  const bytes = Number(textOf(object, 'Size') || Number.NaN);
  if (key === undefined || !Number.isSafeInteger(bytes)) throw new SyntaxError('an object has no key, or no size');
  return {
    key: isEscaped ? decodeURIComponent(key.replaceAll('+', ' ')) : key,
    bytes,
    etag: textOf(object, 'ETag'),
    modified: textOf(object, 'LastModified'),
  };
}

function queryOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('&');
}
