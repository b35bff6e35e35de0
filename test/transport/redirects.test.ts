// Goal: redirects lead to the object and not astray: a range stays a range of the same version, what is secret stays with the
// origin it was given for, and nothing asked for over https comes over http.
// Method: servers of ours that redirect to each other, one of them with TLS; they tell what they were asked.

import { createServer as createSecureServer, globalAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REDIRECTS_MAX } from '../../src/base/limits.js';
import { openRemote } from '../../src/import/transport/remote.js';
import { CERTIFICATE, KEY } from '../support/certificate.js';
import { collect, serve, serveWell, TestClock } from '../support/remote-server.js';

const VERSION = { bytes: Buffer.from('0123456789'.repeat(100)), etag: '"one"' };
const SECRETS = { authorization: 'Bearer secret', 'x-api-key': 'secret' };

const target = () => serve((request, response) => serveWell(request, response, VERSION));
const redirecting = (location: string | ((number: number) => string), status = 302) =>
  serve((_request, response, number) =>
    response
      .writeHead(status, { location: typeof location === 'string' ? location : location(number) })
      .end('elsewhere'),
  );

/** A server with TLS, trusted for this test, that redirects. */
async function secure(location: string): Promise<string> {
  const server = createSecureServer({ key: KEY, cert: CERTIFICATE }, (_request, response) =>
    response.writeHead(302, { location }).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/data.json`;
}

/** The global agent trusts our certificate until the test ends. */
function trustOurs(): void {
  const { options } = globalAgent;
  const before = options.ca;
  options.ca = CERTIFICATE;
  onTestFinished(() => {
    if (before === undefined) delete options.ca;
    else options.ca = before;
  });
}

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('%i is followed for each range, with its version', async (status) => {
    const { url, requests } = await target();
    const from = await redirecting(url, status);
    const object = await openRemote(from.url, { rangeBytes: 300 });
    expect(object.shown).toBe(from.url);
    expect((await collect(object.sequence())).equals(VERSION.bytes)).toBe(true);
    const asked = requests.map(({ method, headers }) => [method, headers.range, headers['if-match']]);
    expect(asked.slice(0, 2)).toEqual([
      ['GET', 'bytes=0-0', undefined],
      ['GET', 'bytes=0-299', VERSION.etag],
    ]);
    expect(from.requests).toHaveLength(requests.length);
  });

  test('to a relative address', async () => {
    const { url, requests } = await serve((request, response) => {
      if (request.url === '/data.json') response.writeHead(302, { location: 'other/data.json?a=b' }).end();
      else serveWell(request, response, VERSION);
    });
    await openRemote(url);
    expect(requests.at(-1)!.url).toBe('/other/data.json?a=b');
  });

  test('to another version are a changed object', async () => {
    const { url } = await target();
    const { url: other } = await serve((request, response) =>
      serveWell(request, response, { ...VERSION, etag: '"two"' }),
    );
    const from = await redirecting((number) => (number === 0 ? url : other));
    const object = await openRemote(from.url);
    await expect(collect(object.sequence())).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  test('take no secrets to another origin, nor back from there', async () => {
    const home = await serve((request, response) => {
      if (request.url === '/back') serveWell(request, response, VERSION);
      else response.writeHead(302, { location: away.url }).end();
    });
    const away = await redirecting(new URL('/back', home.url).href);
    const withLogin = home.url.replace('//', '//user:pass@');
    for (const [url, headers] of [
      [home.url, SECRETS],
      [withLogin, {}],
    ] as const) {
      await openRemote(url, { headers });
      const [first, back] = home.requests.splice(0);
      expect(first!.headers.authorization).toBe(
        url === withLogin ? `Basic ${btoa('user:pass')}` : SECRETS.authorization,
      );
      for (const request of [back!, ...away.requests.splice(0)]) {
        expect(request.headers.authorization).toBeUndefined();
        expect(request.headers['x-api-key']).toBeUndefined();
      }
    }
  });

  test('keep secrets within their origin', async () => {
    const { url, requests } = await serve((request, response) => {
      if (request.url === '/data.json') response.writeHead(302, { location: '/other' }).end();
      else serveWell(request, response, VERSION);
    });
    await openRemote(url, { headers: SECRETS });
    expect(requests[1]!.headers).toMatchObject(SECRETS);
  });

  test('without end are an error', async () => {
    const { url, requests } = await serve((request, response) =>
      response.writeHead(302, { location: request.url! }).end(),
    );
    const error = await openRemote(url, { clock: new TestClock() }).catch((cause) => cause);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', file: url });
    expect(requests).toHaveLength(REDIRECTS_MAX + 1);
  });

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://', 's3://bucket/key'])(
    'to %s are not followed',
    async (location) => {
      const { url } = await redirecting(location);
      await expect(openRemote(url, { clock: new TestClock() })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    },
  );
});

describe('TLS', () => {
  test('never turns into plain http', async () => {
    trustOurs();
    const { url, requests } = await target();
    const error = await openRemote(await secure(`${url}?token=secret`)).catch((cause) => cause);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(error.message).toContain(`from https to http, to ${url},`);
    expect(requests).toHaveLength(0);
  });

  test('a certificate that is not trusted is an error at once', async () => {
    const clock = new TestClock();
    const url = await secure('/');
    const error = await openRemote(url, { clock }).catch((cause) => cause);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', file: url });
    expect(error.message).toContain('SELF_SIGNED');
    expect(clock.pauses).toEqual([]);
  });
});
