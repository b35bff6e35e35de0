// Goal: a server with ranges and a strong ETag gives exactly the bytes of its object, in order, several ranges at a time and
// never more than allowed, each of them asked for with the version that was opened.
// Method: objects, sizes of ranges and starts at random; a server of ours counts what it is asked for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRemote } from '../../src/import/transport/remote.js';
import { runs } from '../support/effort.js';
import { collect, type Served, serve, serveWell, type Version } from '../support/remote-server.js';

const ETAG = '"one"';

/** A server for whatever the object is at the time. */
async function served(first: Buffer): Promise<Served & { set(version: Version): void }> {
  let version: Version = { bytes: first, etag: ETAG };
  const server = await serve((request, response) => serveWell(request, response, version));
  const set = (next: Version) => {
    version = next;
  };
  return Object.assign(server, { set });
}

function bytesOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255));
}

describe('ranges', () => {
  test('give all bytes from any start, and any range of them', async () => {
    const server = await served(Buffer.alloc(0));
    const sizes = fc.record({
      bytes: fc.uint8Array({ maxLength: 300 }),
      rangeBytes: fc.integer({ min: 1, max: 100 }),
      parallel: fc.integer({ min: 1, max: 9 }),
      start: fc.nat(310),
      length: fc.nat(310),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ bytes, rangeBytes, parallel, start, length }) => {
        const whole = Buffer.from(bytes);
        server.set({ bytes: whole, etag: ETAG });
        const object = await openRemote(server.url, { rangeBytes });
        expect(object).toMatchObject({ bytes: whole.byteLength, etag: ETAG, hasRanges: whole.byteLength > 0 });
        expect(await collect(object.sequence({ parallel }))).toEqual(whole);
        expect(await collect(object.sequence({ from: start, parallel }))).toEqual(whole.subarray(start));
        expect(Buffer.from(await object.range(start, start + length))).toEqual(whole.subarray(start, start + length));
      }),
      { numRuns: runs(60) },
    );
  });

  test('are each asked for with the version that was opened, and as the bytes that are stored', async () => {
    const server = await served(bytesOf(1000));
    const object = await openRemote(server.url, { rangeBytes: 300 });
    await collect(object.sequence());
    const asked = server.requests.map(({ method, headers }) => [method, headers.range, headers['if-match']]);
    expect(asked).toEqual([
      ['GET', 'bytes=0-0', undefined],
      ['GET', 'bytes=0-299', ETAG],
      ['GET', 'bytes=300-599', ETAG],
      ['GET', 'bytes=600-899', ETAG],
      ['GET', 'bytes=900-999', ETAG],
    ]);
    expect(new Set(server.requests.map(({ headers }) => headers['accept-encoding']))).toEqual(new Set(['identity']));
  });

  test.each([1, 3])('at most %i are in flight or wait for a consumer that takes one', async (parallel) => {
    const server = await served(bytesOf(1000));
    const object = await openRemote(server.url, { rangeBytes: 50 });
    const iterator = object.sequence({ parallel })[Symbol.asyncIterator]();
    for (let taken = 1; taken < 6; taken++) {
      await iterator.next();
      // The first request was for opening.
      expect(server.requests.length - 1).toBeLessThanOrEqual(taken + parallel - 1);
    }
    await iterator.return?.();
  });

  test.each([[{ parallel: 0 }], [{ parallel: 1.5 }], [{ from: -1 }], [{ from: Number.NaN }], [{ from: 2 ** 53 }]])(
    '%o is a mistake, and not the end',
    async (options) => {
      const { url } = await served(bytesOf(1000));
      const object = await openRemote(url);
      expect(() => object.sequence(options)).toThrow(TypeError);
      await expect(object.range(-1, 5)).rejects.toThrow(TypeError);
      await expect(openRemote(url, { rangeBytes: 0 })).rejects.toThrow(TypeError);
    },
  );

  test('use their connections again', async () => {
    const { url, server } = await served(bytesOf(1000));
    let connections = 0;
    server.on('connection', () => connections++);
    const object = await openRemote(url, { rangeBytes: 50 });
    await collect(object.sequence({ parallel: 2 }));
    await object.range(0, 10);
    expect(connections).toBeLessThanOrEqual(2);
  });

  test('an object of no bytes has none', async () => {
    const server = await served(Buffer.alloc(0));
    const object = await openRemote(server.url);
    expect(object).toMatchObject({ bytes: 0, hasRanges: false });
    expect(await collect(object.sequence())).toEqual(Buffer.alloc(0));
  });

  test('a replaced object is an error and no mixture, wherever it is replaced', async () => {
    const old = bytesOf(1000);
    for (const at of [1, 2, 3, 4]) {
      for (const etag of ['"two"', undefined]) {
        const { url } = await serve((request, response, number) =>
          serveWell(request, response, number < at ? { bytes: old, etag: ETAG } : { bytes: Buffer.alloc(1000), etag }),
        );
        const object = await openRemote(url, { rangeBytes: 300 });
        await expect(collect(object.sequence({ parallel: 2 }))).rejects.toMatchObject({
          code: 'SOURCE_CHANGED',
          file: url,
        });
      }
    }
  });

  test.each(['ETag', 'length', 'encoding'])(
    'another %s is a replaced object also if the server knows no If-Match',
    async (what) => {
      const bytes = bytesOf(1000);
      const { url } = await serve((request, response, number) => {
        delete request.headers['if-match'];
        const isOther = number === 2;
        serveWell(request, response, {
          bytes: isOther && what === 'length' ? bytes.subarray(0, 990) : bytes,
          etag: isOther && what === 'ETag' ? '"two"' : ETAG,
          headers: isOther && what === 'encoding' ? { 'content-encoding': 'gzip' } : {},
        });
      });
      const object = await openRemote(url, { rangeBytes: 300 });
      await expect(collect(object.sequence())).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    },
  );

  test.each([404, 410, 412, 416])(
    'an object that is answered with %i in the middle was removed or replaced',
    async (status) => {
      const { url } = await serve((request, response, number) => {
        if (number === 2) response.writeHead(status).end();
        else serveWell(request, response, { bytes: bytesOf(1000), etag: ETAG });
      });
      const object = await openRemote(url, { rangeBytes: 300 });
      await expect(collect(object.sequence())).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    },
  );

  test('a server that ignores ranges from the second page on gives the same bytes', async () => {
    const bytes = bytesOf(1000);
    for (const at of [1, 2, 3]) {
      const { url, requests } = await serve((request, response, number) => {
        if (number >= at) delete request.headers.range;
        serveWell(request, response, { bytes, etag: ETAG });
      });
      const object = await openRemote(url, { rangeBytes: 300 });
      expect(await collect(object.sequence({ parallel: 1 }))).toEqual(bytes);
      expect(object.hasRanges).toBe(false);
      // One more that was answered with everything, and one that is read.
      expect(requests).toHaveLength(at + 2);
      expect(Buffer.from(await object.range(10, 20))).toEqual(bytes.subarray(10, 20));
    }
  });
});
