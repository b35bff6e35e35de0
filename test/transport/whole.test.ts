// Goal: a server without ranges, or without a strong ETag, gives its object in one answer. If that breaks, the rest comes from
// another answer only where a strong ETag proves that it is of the same version; otherwise it is an error, never fewer bytes.
// Method: servers that lack one thing at a time, and break off.
//
// @node all: HTTP answers end in another way in each version

import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openRemote } from '../../src/import/transport/remote.js';
import { collect, serve, serveWell, TestClock, type Version } from '../support/remote-server.js';

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 13 + (i >> 9)) & 255));
const WEAK = 'W/"one"';

/** Serves the object without ranges; the request of a number breaks off after some bytes. */
function serveWhole(version: Version, brokenAt = -1) {
  return serve((request, response, number) => {
    delete request.headers.range;
    if (number !== brokenAt) return serveWell(request, response, version);
    response.writeHead(200, {
      ...(version.etag && { etag: version.etag }),
      'content-length': version.bytes.byteLength,
    });
    response.write(version.bytes.subarray(0, 100_000), () => response.socket?.destroy());
  });
}

describe('one answer', () => {
  test.each([
    ['a strong ETag', '"one"', '"one"'],
    ['a weak ETag', WEAK, undefined],
    ['an ETag without quotes', 'one', undefined],
    ['no ETag', undefined, undefined],
  ])('without ranges, with %s', async (_, tag, etag) => {
    const { url, requests } = await serveWhole({ bytes: BYTES, etag: tag });
    const object = await openRemote(url);
    expect(object).toMatchObject({ bytes: BYTES.byteLength, etag, hasRanges: false });
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
    expect(requests).toHaveLength(2);
  });

  test.each([WEAK, undefined])('ranges of a server with the ETag %s are not used: nothing pins them', async (etag) => {
    const { url, requests } = await serve((request, response) => serveWell(request, response, { bytes: BYTES, etag }));
    const object = await openRemote(url, { rangeBytes: 10_000 });
    expect(object).toMatchObject({ bytes: BYTES.byteLength, etag: undefined, hasRanges: false });
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
    expect(requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-0', undefined]);
  });

  test('that breaks off is continued by another one with the same strong ETag', async () => {
    const { url, requests } = await serveWhole({ bytes: BYTES, etag: '"one"' }, 1);
    const object = await openRemote(url, { clock: new TestClock() });
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
    expect((await collect(object.sequence({ from: 123_456 }))).equals(BYTES.subarray(123_456))).toBe(true);
    expect(requests[2]!.headers['if-match']).toBe('"one"');
  });

  test.each([WEAK, undefined])(
    'that breaks off with the ETag %s is an error that says how far it came',
    async (etag) => {
      const { url } = await serveWhole({ bytes: BYTES, etag }, 1);
      const object = await openRemote(url, { clock: new TestClock() });
      const error = await collect(object.sequence()).catch((cause) => cause);
      expect(error).toMatchObject({ code: 'SOURCE_TRUNCATED', file: url });
      expect(error.offset).toBeGreaterThan(0);
      expect(error.message).toContain(`of ${BYTES.byteLength} bytes`);
    },
  );

  test('that fails before its first byte is tried again, also without an ETag', async () => {
    const { url } = await serve((request, response, number) => {
      delete request.headers.range;
      if (number === 1) request.socket.resetAndDestroy();
      else serveWell(request, response, { bytes: BYTES });
    });
    const object = await openRemote(url, { clock: new TestClock() });
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
  });

  test('cannot begin in the middle without a strong ETag', async () => {
    const { url } = await serveWhole({ bytes: BYTES, etag: WEAK });
    const object = await openRemote(url);
    await expect(collect(object.sequence({ from: 5 }))).rejects.toMatchObject({ code: 'SOURCE_NOT_READABLE' });
    expect(Buffer.from(await object.range(0, 100)).equals(BYTES.subarray(0, 100))).toBe(true);
    await expect(object.range(5, 100)).rejects.toMatchObject({ code: 'SOURCE_NOT_READABLE' });
  });

  test.each([
    ['another weak ETag', { etag: 'W/"two"' }],
    ['another time', { headers: { 'last-modified': 'Fri, 02 Jan 2026 00:00:00 GMT' } }],
    ['another length', { bytes: BYTES.subarray(1) }],
    ['an ETag at last', { etag: '"one"' }],
  ])('with %s than when it was opened is of another version', async (_, change) => {
    const first = { bytes: BYTES, etag: WEAK, headers: { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' } };
    const { url } = await serve((request, response, number) => {
      delete request.headers.range;
      serveWell(request, response, number === 0 ? first : { ...first, ...change });
    });
    const object = await openRemote(url);
    expect(object.modified).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    await expect(collect(object.sequence())).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('length', () => {
  test('a chunked answer ends where the server says', async () => {
    const { url } = await serve((_request, response) => response.end(BYTES));
    const { url: chunked } = await serve((_request, response) => {
      response.write(BYTES.subarray(0, 10));
      response.end(BYTES.subarray(10));
    });
    expect((await openRemote(url)).bytes).toBe(BYTES.byteLength);
    const object = await openRemote(chunked);
    expect(object.bytes).toBeUndefined();
    expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
  });

  test('a chunked answer that breaks off is an error', async () => {
    const { url } = await serve((_request, response, number) => {
      if (number === 0) response.write('x', () => response.end('y'));
      else response.write(BYTES, () => response.socket?.destroy());
    });
    const object = await openRemote(url, { clock: new TestClock() });
    await expect(collect(object.sequence())).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });

  test('an answer without any end is refused: a broken connection would look like its end', async () => {
    const { url } = await serve((_request, response) => {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      response.write('x', () => response.end('y'));
    });
    await expect(openRemote(url)).rejects.toMatchObject({ code: 'SOURCE_NOT_READABLE', file: url });
  });
});

describe('Content-Encoding', () => {
  const encoded = { gzip: gzipSync(BYTES), 'x-gzip': gzipSync(BYTES) };

  test.each(Object.entries(encoded))('%s: the stored bytes, in ranges too', async (encoding, bytes) => {
    const { url } = await serve((request, response) =>
      serveWell(request, response, { bytes, etag: '"one"', headers: { 'content-encoding': encoding } }),
    );
    const object = await openRemote(url, { rangeBytes: 1000 });
    expect(object).toMatchObject({ bytes: bytes.byteLength, hasRanges: true });
    expect((await collect(object.sequence())).equals(bytes)).toBe(true);
  });

  test.each(['br', 'deflate', 'gzip, br', 'made-up'])(
    '%s is refused: nothing in the bytes says what they are',
    async (encoding) => {
      const { url } = await serve((request, response) =>
        serveWell(request, response, { bytes: brotliCompressSync('{}'), headers: { 'content-encoding': encoding } }),
      );
      const error = await openRemote(url).catch((cause) => cause);
      expect(error).toMatchObject({ code: 'SOURCE_NOT_READABLE', file: url });
      expect(error.message).toContain(encoding);
    },
  );

  test('identity is none', async () => {
    const { url } = await serve((request, response) =>
      serveWell(request, response, { bytes: BYTES, etag: '"one"', headers: { 'content-encoding': 'identity' } }),
    );
    expect((await collect((await openRemote(url)).sequence())).equals(BYTES)).toBe(true);
  });
});
