// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Access to an `http:` or `https:` address as it was given. A user and password in it, and the caller's headers, are for
// its own origin.

import { type Access, type Authorized, type Refusal, shownOf } from './access.js';

/** Query parameters of an address that carries its own signature, in lower case: S3, Google Cloud, Azure. */
const SIGNATURES = new Set(['x-amz-signature', 'x-goog-signature', 'signature', 'sig']);

export class PlainAccess implements Access {
  readonly shown: string;
  readonly #authorized: Authorized;

  /** @throws TypeError for an address that is none, without a word of it that may be secret */
  constructor(given: string | URL, headers: Readonly<Record<string, string>>) {
    const url = URL.canParse(`${given}`) ? new URL(given) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new TypeError('an address of a remote source begins with https://, http:// or s3://, and has a host');
    }
    const { username, password } = url;
    url.username = '';
    url.password = '';
    url.hash = '';
    const login = `${decoded(username)}:${decoded(password)}`;
    const basic = login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
    this.shown = shownOf(url);
    this.#authorized = { url, secrets: { ...basic, ...headers } };
  }

  async authorize(): Promise<Authorized> {
    return this.#authorized;
  }

  learns(): boolean {
    return false;
  }

  advice({ at }: Refusal): string {
    const query = this.#authorized.url.searchParams;
    if (![...query.keys()].some((name) => SIGNATURES.has(name.toLowerCase()))) {
      return 'Check that you may read it, and the user and password or the headers that were given.';
    }
    const expired = expiryOf(query);
    const when = expired === undefined || expired > at ? 'may have expired' : `expired at ${isoOf(expired)}`;
    return `This presigned address ${when}: make a new one.`;
  }
}

/** Percent escapes as the bytes they stand for; a text with a `%` that begins none is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** When a presigned address ends, in milliseconds since 1970, if it says so. */
function expiryOf(query: URLSearchParams): number | undefined {
  for (const vendor of ['X-Amz', 'X-Goog']) {
    const began = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get(`${vendor}-Date`) ?? '');
    const seconds = Number(query.get(`${vendor}-Expires`) ?? Number.NaN);
    if (began === null || !Number.isFinite(seconds)) continue;
    const [year, month, day, hour, minute, second] = began.slice(1).map(Number);
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) + seconds * 1000;
  }
  const asSeconds = Number(query.get('Expires') ?? Number.NaN) * 1000;
  const asDate = Date.parse(query.get('se') ?? '');
  return [asSeconds, asDate].find(Number.isFinite);
}

function isoOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? 'a time that is not a date' : date.toISOString();
}
