// Goal: what may pass is tried again, as often and as late as the limits say, and gives the exact bytes; what does not pass is
// an error that says what to do.
// Method: a server that misbehaves in one way at a time, and a clock on which pauses take no time.
//
// @node all: connections that break have other errors in each version

import dns from 'node:dns';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FETCH_ATTEMPTS_MAX, OPEN_ATTEMPTS_MAX, STALL_MS } from '../../src/base/limits.js';
import { openRemote } from '../../src/import/transport/remote.js';
import { answerHead, collect, partOf, serve, serveWell, TestClock } from '../support/remote-server.js';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const VERSION = { bytes: BYTES, etag: '"one"' };
const RANGE_BYTES = 30_000;

type Fault = (request: IncomingMessage, response: ServerResponse, clock: TestClock) => void;

/** Begins an answer as it should be, and does something after its first bytes have left. */
const afterSome =
  (bytes: number, then: (response: ServerResponse, clock: TestClock) => void): Fault =>
  (request, response, clock) => {
    const body = answerHead(request, response, VERSION)!;
    response.write(body.subarray(0, bytes), () => then(response, clock));
  };

const withRange =
  (change: (range: string) => string): Fault =>
  (request, response) => {
    const write = response.writeHead.bind(response) as (
      status: number,
      headers: Record<string, string>,
    ) => ServerResponse;
    Object.assign(response, {
      writeHead: (status: number, headers: Record<string, string>) =>
        write(status, { ...headers, 'content-range': change(headers['content-range'] ?? '') }),
    });
    serveWell(request, response, VERSION);
  };

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_request, response) => {
    response.writeHead(code, headers).end('busy');
  };

/** Time passes until the other side gives up: as often as it has not seen the beginning yet. */
const stall = (response: ServerResponse, clock: TestClock, pauses = clock.pauses.length): void => {
  if (response.destroyed || clock.pauses.length > pauses) return;
  clock.advance(STALL_MS * 3);
  setImmediate(stall, response, clock, pauses);
};

/** A part without a length of its own. */
const chunked =
  (change: (part: Buffer) => Buffer): Fault =>
  (request, response) => {
    const { from, to } = partOf(request, BYTES.byteLength)!;
    const range = `bytes ${from}-${to - 1}/${BYTES.byteLength}`;
    response.writeHead(206, { etag: VERSION.etag, 'content-range': range }).end(change(BYTES.subarray(from, to)));
  };

const PASSING: Record<string, Fault> = {
  'a connection that is reset before the answer': (request) => request.socket.resetAndDestroy(),
  'a connection that is reset in the middle': afterSome(10_000, (response) => response.socket?.resetAndDestroy()),
  'a connection that is closed in the middle': afterSome(10_000, (response) => response.socket?.destroy()),
  'a connection that stalls in the middle': afterSome(10_000, stall),
  'a connection that stalls before the answer': (_request, response, clock) => stall(response, clock),
  'an answer that is no HTTP': (request) => request.socket.end('SMTP ready\r\n\r\n'),
  'an answer that ends before its part does': chunked((part) => part.subarray(0, -1)),
  'another part than was asked for': withRange(() => `bytes 5-9/${BYTES.byteLength}`),
  'a part of unknown place': withRange(() => 'bytes */*'),
  'a part that is shorter than was asked for': (request, response) => {
    request.headers.range = request.headers.range!.replace(/-(\d+)$/, (_, last) => `-${Number(last) - 100}`);
    serveWell(request, response, VERSION);
  },
  'an answer that goes on after its part': chunked((part) => Buffer.concat([part, Buffer.from('more')])),
  ...Object.fromEntries([408, 425, 429, 500, 502, 503, 504].map((code) => [`status ${code}`, status(code)])),
};

/** Opens and reads an object; the requests of these numbers have the fault. */
async function readWith(fault: Fault, isFaulty: (number: number) => boolean) {
  const clock = new TestClock();
  const server = await serve((request, response, number) => {
    if (isFaulty(number)) fault(request, response, clock);
    else serveWell(request, response, VERSION);
  });
  const read = async () => {
    const object = await openRemote(server.url, { rangeBytes: RANGE_BYTES, clock });
    return collect(object.sequence({ parallel: 2 }));
  };
  return { ...server, clock, read };
}

describe('faults that pass', () => {
  test.each(Object.entries(PASSING))('%s: the exact bytes', async (_, fault) => {
    const { read, clock } = await readWith(fault, (number) => number === 1 || number === 3);
    expect((await read()).equals(BYTES)).toBe(true);
    expect(clock.pauses.length).toBeGreaterThan(0);
    expect(clock.timers).toBe(0);
  });

  test('only the rest of a range is asked for again', async () => {
    const { read, requests } = await readWith(PASSING['a connection that is closed in the middle']!, (n) => n === 1);
    expect((await read()).equals(BYTES)).toBe(true);
    expect(requests.map(({ headers }) => headers.range)).toContain('bytes=10000-29999');
  });

  test('a connection that trickles has stalled, and a slow one has not', async () => {
    const trickle =
      (bytes: number, msBetween: number): Fault =>
      (request, response, clock) => {
        const body = answerHead(request, response, VERSION)!;
        let at = 0;
        const more = (): void => {
          if (response.destroyed) return;
          clock.advance(msBetween);
          if (at >= body.byteLength) return void response.end();
          response.write(body.subarray(at, at + bytes), () => setImmediate(more));
          at += bytes;
        };
        more();
      };
    // 100 bytes a second, and 5,000.
    for (const [bytes, isStall] of [
      [1000, true],
      [50_000, false],
    ] as const) {
      const { read, clock } = await readWith(trickle(bytes, 10_000), (number) => number === 1);
      expect((await read()).equals(BYTES)).toBe(true);
      expect(clock.pauses.length > 0).toBe(isStall);
    }
  });
});

test('a name that is not found for a moment', async () => {
  const server = await serve((request, response) => serveWell(request, response, VERSION));
  const { lookup } = dns;
  onTestFinished(() => {
    dns.lookup = lookup;
  });
  const codes = ['EAI_AGAIN', 'ENOTFOUND', 'EAI_AGAIN'];
  const failing = (host: string, options: object, callback: (error: Error | null, ...found: unknown[]) => void) => {
    const code = codes.shift();
    if (code === undefined) return lookup(host, options, callback);
    process.nextTick(callback, Object.assign(new Error(`getaddrinfo ${code}`), { code, syscall: 'getaddrinfo' }));
  };
  Object.assign(dns, { lookup: failing });
  const clock = new TestClock();
  const object = await openRemote(server.url.replace('127.0.0.1', 'localhost'), { clock });
  expect((await collect(object.sequence())).equals(BYTES)).toBe(true);
  expect(codes).toEqual([]);
  expect(clock.pauses).toHaveLength(3);
});

describe('faults that stay', () => {
  test.each(Object.entries(PASSING))('%s: an error after all attempts', async (name, fault) => {
    const { read, requests, url } = await readWith(fault, (number) => number > 0);
    const result = await read().catch((cause) => cause);
    // What gives some bytes each time may come to the end.
    if (/middle|before its part|shorter/.test(name) && Buffer.isBuffer(result)) {
      expect(result.equals(BYTES)).toBe(true);
      return;
    }
    expect(result).toMatchObject({ code: 'SOURCE_UNREACHABLE', file: url });
    expect(result.message).toContain(`at the last of ${FETCH_ATTEMPTS_MAX} attempts`);
    expect(requests.length).toBeLessThanOrEqual(1 + 2 * FETCH_ATTEMPTS_MAX);
  });

  test('pauses double up to half a minute', async () => {
    const { read, clock } = await readWith(status(503), (number) => number > 0);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const pauses = [...new Set(clock.pauses)];
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  test('opening is tried a few times only', async () => {
    const { read, requests, clock } = await readWith(status(503), () => true);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(requests).toHaveLength(OPEN_ATTEMPTS_MAX);
    expect(clock.pauses).toEqual([250, 500, 1000]);
  });

  test('a server that is not there, and a name that is none', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const clock = new TestClock();
    for (const [url, code] of [
      [`http://127.0.0.1:${port}/x`, 'ECONNREFUSED'],
      ['http://no-such-host.invalid/x', ''],
    ]) {
      const error = await openRemote(url!, { clock }).catch((cause) => cause);
      expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', file: url });
      expect(error.message).toContain(code);
    }
  });

  test.each([
    [401, '', 'SOURCE_FORBIDDEN', 'Check that you may read it'],
    [403, '', 'SOURCE_FORBIDDEN', 'Check that you may read it'],
    [404, '', 'SOURCE_NOT_FOUND', 'Check the address'],
    [410, '', 'SOURCE_NOT_FOUND', 'Check the address'],
    [400, '', 'SOURCE_UNREACHABLE', 'Check the address'],
    [204, '', 'SOURCE_UNREACHABLE', 'Check the address'],
    [
      403,
      '?X-Amz-Signature=abc&X-Amz-Date=20251231T000000Z&X-Amz-Expires=600',
      'SOURCE_FORBIDDEN',
      'expired at 2025-12-31T00:10:00.000Z',
    ],
    [403, '?X-Amz-Signature=abc&X-Amz-Date=20260101T000000Z&X-Amz-Expires=600', 'SOURCE_FORBIDDEN', 'may have expired'],
    [403, '?X-Goog-Signature=abc&X-Goog-Date=20251231T000000Z&X-Goog-Expires=60', 'SOURCE_FORBIDDEN', 'expired at'],
    [403, '?Signature=abc&Expires=1000000000', 'SOURCE_FORBIDDEN', 'expired at 2001-09-09T01:46:40.000Z'],
    [403, '?sig=abc&se=2025-12-01T00:00:00Z', 'SOURCE_FORBIDDEN', 'expired at 2025-12-01T00:00:00.000Z'],
  ])('%i %s is %s', async (code, query, expected, text) => {
    const { url, requests } = await serve((_request, response) => response.writeHead(code).end());
    const error = await openRemote(url + query, { clock: new TestClock() }).catch((cause) => cause);
    expect(error).toMatchObject({ code: expected, file: url });
    expect(error.message).toContain(text);
    expect(requests).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  test.each([
    ['7', undefined, 7000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', undefined, 9000],
    // The server's clock is an hour late.
    ['Wed, 31 Dec 2025 23:00:05 GMT', 'Wed, 31 Dec 2025 23:00:00 GMT', 5000],
    ['Wed, 31 Dec 2025 23:00:05 GMT', undefined, 250],
    ['soon', undefined, 250],
  ])('%s, said at %s, is waited for', async (after, date, expected) => {
    const { url } = await serve((request, response, number) => {
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', date);
      if (number === 0) status(429, { 'retry-after': after })(request, response, clock);
      else serveWell(request, response, VERSION);
    });
    const clock = new TestClock();
    await openRemote(url, { clock });
    expect(clock.pauses).toEqual([expected]);
  });

  test('of more than five minutes is an error at once', async () => {
    const { url, requests } = await serve((request, response) =>
      status(503, { 'retry-after': '3600' })(request, response, new TestClock()),
    );
    const error = await openRemote(url, { clock: new TestClock() }).catch((cause) => cause);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(error.message).toContain('wait 3600 seconds');
    expect(requests).toHaveLength(1);
  });
});
