// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// How a server is asked for an object: at which address, and with which rights. An address and its secrets stay in here:
// errors, reports and logs have `shown`.

import type { IncomingHttpHeaders } from 'node:http';

export interface Access {
  /** The address for people: without query string, user and password. */
  readonly shown: string;
  /** Where to ask now, and what only that origin may see. Made for each request, because signatures expire. */
  authorize(): Promise<Authorized>;
  /** Takes in an answer without the object that says where to ask. @returns whether the next request is another one */
  learns(headers: IncomingHttpHeaders): boolean;
  /** What to do about a refusal (401, 403), as whole sentences. */
  advice(refusal: Refusal): string;
}

export interface Authorized {
  readonly url: URL;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a server says when it does not give the object. */
export interface Refusal {
  readonly status: number;
  /** The code of an S3 error, such as "ExpiredToken". */
  readonly code: string | undefined;
  /** When it was said, in milliseconds since 1970. */
  readonly at: number;
}

/** An address without what may be secret. */
export function shownOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
