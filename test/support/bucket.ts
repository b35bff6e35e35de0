// A bucket of ours, as S3 serves it to whoever asks without a signature: lists in pages, objects with ETags, and whatever a
// test does to a request. Its keys may be such as services that run on a file system cannot have.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { vi } from 'vitest';
import { scratch } from './import-files.js';
import { type Served, serve, serveWell } from './remote-server.js';

export interface Bucket extends Served {
  /** Its objects, by their keys. */
  readonly objects: Map<string, Buffer>;
  /** Keys of objects that were asked for since it was emptied; `list` is a list. */
  readonly asked: string[];
  /** Called before each request is answered. True: it has answered. */
  before: ((asked: string, request: IncomingMessage, response: ServerResponse) => boolean | undefined) | undefined;
}

const PAGE_OBJECTS = 3;
const NAME = 'bucket';

/** Starts it, and has S3 be there for this process, until `vi.unstubAllEnvs`. */
export async function bucket(): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  const asked: string[] = [];
  const served = await serve((request, response) => {
    const url = new URL(request.url!, 'http://host');
    const isList = url.searchParams.has('list-type');
    const key = decodeURIComponent(url.pathname).slice(`/${NAME}/`.length);
    asked.push(isList ? 'list' : key);
    if (own.before?.(asked.at(-1)!, request, response)) return;
    if (isList) return void response.end(pageOf(objects, url.searchParams));
    const bytes = objects.get(key);
    if (bytes === undefined) return void response.writeHead(404).end();
    serveWell(request, response, { bytes, etag: etagOf(bytes) });
  });
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '', HOME: scratch() };
  const endpoint = new URL('/', served.url).href;
  for (const [name, value] of Object.entries({ ...none, AWS_ENDPOINT_URL_S3: endpoint })) vi.stubEnv(name, value);
  const own: Bucket = { ...served, objects, asked, before: undefined };
  return own;
}

const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

function pageOf(objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const all = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const keys = all.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const from = Number(query.get('continuation-token') ?? 0);
  const contents = keys.slice(from, from + PAGE_OBJECTS).map((key) => {
    const bytes = objects.get(key)!;
    const etag = etagOf(bytes).replaceAll('"', '&quot;');
    return `<Contents><Key>${encodeURIComponent(key)}</Key><ETag>${etag}</ETag><Size>${bytes.byteLength}</Size></Contents>`;
  });
  const next = from + PAGE_OBJECTS;
  const more = next < keys.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  return `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more !== ''}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`;
}
