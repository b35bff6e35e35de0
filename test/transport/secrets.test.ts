// Goal: what is secret in an address, in headers or in credentials is in no error, however deep it is looked into, and in
// nothing that an object shows of itself.
// Method: each way to fail, with one secret in every place; errors are written out with all their fields and causes.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openRemote } from '../../src/import/transport/remote.js';
import { listS3 } from '../../src/import/transport/s3/list.js';
import { collect, serve, serveWell, TestClock } from '../support/remote-server.js';

const SECRET = 'hush-hush';
const BYTES = Buffer.alloc(1000, 'x');

/** An answer that repeats all it was told, as S3 does for a signature that does not match. */
const repeat = (status: number) => (request: IncomingMessage, response: ServerResponse) => {
  const all = JSON.stringify([request.url, request.headers]);
  response.writeHead(status, { 'x-echo': encodeURIComponent(all) });
  response.end(`<Error><Code>${SECRET}</Code><StringToSign>${all}</StringToSign></Error>`);
};

const WAYS: Record<string, (request: IncomingMessage, response: ServerResponse, number: number) => void> = {
  ...Object.fromEntries([400, 401, 403, 404, 410, 418, 429, 503].map((status) => [`status ${status}`, repeat(status)])),
  reset: (request) => request.socket.resetAndDestroy(),
  'no HTTP': (request) => request.socket.end(`${SECRET}\r\n\r\n`),
  'a redirect astray': (_, response) => response.writeHead(302, { location: `ftp://x/?${SECRET}` }).end(),
  'a redirect without end': (request, response) => response.writeHead(302, { location: request.url! }).end(),
  'a redirect to nowhere': (_, response) => response.writeHead(302, { location: `http://${SECRET}:x@[bad/` }).end(),
  'no end': (_, response) => {
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.end('x');
  },
  'another version': (request, response, number) => serveWell(request, response, { bytes: BYTES, etag: `"${number}"` }),
  'an end too early': (request, response, number) => {
    if (number === 0) return serveWell(request, response, { bytes: BYTES });
    response.writeHead(200, { 'content-length': BYTES.byteLength });
    response.write('x', () => response.socket?.destroy());
  },
};

function expectSilent(shown: unknown): void {
  expect(inspect(shown, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(SECRET);
}

describe('no secret is told', () => {
  test.each(Object.entries(WAYS))('by %s', async (_, way) => {
    const { url } = await serve(way);
    const secretive = new URL(url);
    Object.assign(secretive, { username: `user-${SECRET}`, password: SECRET, hash: SECRET });
    secretive.search = `X-Amz-Signature=${SECRET}&X-Amz-Credential=${SECRET}`;
    const read = async () => {
      const settings = { headers: { 'x-token': SECRET }, clock: new TestClock() };
      const object = await openRemote(secretive, settings);
      expectSilent([object, object.shown]);
      return collect(object.sequence());
    };
    const error = await read().catch((cause) => cause);
    expect(error.code).toMatch(/^SOURCE_/);
    expect(error.file).toBe(url);
    expectSilent(error);
  });

  test.each(Object.entries(WAYS))('of the credentials of S3, by %s', async (_, way) => {
    const { url } = await serve(way);
    const environment = {
      AWS_ACCESS_KEY_ID: `id-${SECRET}`,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: SECRET,
      AWS_ENDPOINT_URL: new URL('/', url).href,
      HOME: '/nowhere',
    };
    const clock = new TestClock();
    const read = async () => collect((await openRemote('s3://bucket/key', { environment, clock })).sequence());
    const error = await read().catch((cause) => cause);
    expect(error).toMatchObject({ file: 's3://bucket/key' });
    expectSilent(error);
    const list = async () => {
      for await (const _ of listS3('s3://bucket/', { environment, clock }));
    };
    const listed = await list().catch((cause) => cause);
    expect(listed.code).toMatch(/^SOURCE_/);
    expectSilent(listed);
  });

  test.each([`https://user:${SECRET}@`, `https://x y/?${SECRET}`, `gopher://${SECRET}`, `s3:${SECRET}`])(
    'by an address that is none',
    async (address) => {
      const error = await openRemote(address).catch((cause) => cause);
      expect(error).toBeInstanceOf(TypeError);
      expectSilent(error);
    },
  );
});
