// Goal: a collection that watches remote sources is what they are: new, changed and gone objects come and go, only what has
// changed is fetched, and looking when nothing has changed costs one request. What fails changes nothing, and passes.
// Method: servers of ours on the loopback that count requests, one of S3 that checks signatures, real stores, and polling as
// quick as it can be. The oracle is what a fresh import of the same address gives.

import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import type { WatchOptions } from '../../dist/src/watch/watch-options.js';
import { testStore } from '../support/import-store.js';
import { serve, serveWell, type Version } from '../support/remote-server.js';
import { BUCKET, s3Server } from '../support/s3-server.js';
import { until } from '../support/until.js';
import { eventsOf } from '../support/watched.js';

/** Each look comes at once after the one before it. */
const QUICK: WatchOptions = { remotePollMs: 10, stabilityMs: 20, workers: 1 };

const linesOf = (...records: readonly object[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');
const body = (...records: readonly object[]) => Buffer.from(linesOf(...records));

/** A server with one object, which the test replaces; it answers conditional requests. */
async function served(first: Version) {
  const state: { now: Version | undefined; isDown: boolean } = { now: first, isDown: false };
  const answers: number[] = [];
  const server = await serve((request, response) => {
    response.on('finish', () => answers.push(response.statusCode));
    const { now, isDown } = state;
    if (isDown) return response.writeHead(503, { 'retry-after': '0' }).end();
    if (now === undefined) return response.writeHead(404).end();
    const { etag, headers } = now;
    const isKnown = etag !== undefined && request.headers['if-none-match'] === etag;
    const since = request.headers['if-modified-since'];
    if (isKnown || (since !== undefined && since === headers?.['last-modified'])) return response.writeHead(304).end();
    return serveWell(request, response, now);
  });
  return { ...server, state, answers };
}

describe('an object at an address', () => {
  test('is imported when it is another one, and costs one conditional request when it is not', async () => {
    const at = await served({ bytes: body({ id: 1 }), etag: '"one"' });
    const { store, texts } = await testStore();
    const { events } = eventsOf(store);
    const address = `${at.url}?signature=secret`;
    const watcher = await store.watch(address, { ...QUICK, key: 'id' });
    expect(watcher.polls).toBe(true);
    expect(watcher.sources).toEqual([at.url]);
    expect(await texts()).toEqual(['{"id":1}']);

    at.answers.length = 0;
    await until(() => at.answers.length >= 3);
    expect(new Set(at.answers)).toEqual(new Set([304]));

    at.state.now = { bytes: body({ id: 1, v: 2 }, { id: 3 }), etag: '"two"' };
    await until(() => events.some(({ changed }) => changed === 1));
    expect(await texts()).toEqual(['{"id":1,"v":2}', '{"id":3}']);
    at.state.now = { bytes: gzipSync(linesOf({ id: 4 })), etag: '"three"' };
    await until(() => events.filter(({ changed }) => changed === 1).length === 2);
    expect(await texts()).toEqual(['{"id":4}']);
    expect(JSON.stringify(events)).not.toContain('secret');
    await watcher.close();

    // What was read is known to the next watcher too.
    at.answers.length = 0;
    const again = await store.watch(address, { ...QUICK, key: 'id' });
    expect(at.answers[0]).toBe(304);
    await until(() => events.at(-1)?.outcome === 'unchanged');
    await again.close();
  });

  test('is known by the time of its last change where there is no ETag, and refused where there is nothing', async () => {
    const old = { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };
    const at = await served({ bytes: body({ id: 1 }), headers: old });
    const { store, texts } = await testStore();
    const { events } = eventsOf(store);
    const watcher = await store.watch(new URL(at.url), { ...QUICK, key: 'id' });
    at.answers.length = 0;
    await until(() => at.answers.length >= 2);
    expect(new Set(at.answers)).toEqual(new Set([304]));
    at.state.now = { bytes: body({ id: 2 }), headers: { 'last-modified': 'Fri, 02 Jan 2026 00:00:00 GMT' } };
    await until(() => events.some(({ changed }) => changed === 1));
    expect(await texts()).toEqual(['{"id":2}']);
    at.state.now = { bytes: body({ id: 3 }) };
    await until(() => watcher.refused?.code === 'SOURCE_NOT_READABLE');
    expect(watcher.refused?.message).toContain('neither an ETag nor');
    expect(await texts()).toEqual(['{"id":2}']);
    await watcher.close();
  });

  test('that is bad or gone changes nothing, and is imported when it is there and good again', async () => {
    const at = await served({ bytes: body({ id: 1 }), etag: '"one"' });
    const { store, texts, state } = await testStore();
    const { events, warnings } = eventsOf(store);
    const watcher = await store.watch(at.url, { ...QUICK, key: 'id' });
    const before = await state();
    at.state.now = { bytes: Buffer.from('{"id":1'), etag: '"bad"' };
    await until(() => watcher.refused?.code === 'BAD_RECORD');
    // Of a version that is known to be bad, the head is asked for, and no more.
    at.answers.length = 0;
    await until(() => at.answers.length >= 3);
    expect(events.filter(({ outcome }) => outcome === 'refused')).toHaveLength(1);
    at.state.now = undefined;
    await until(() => watcher.refused?.code === 'SOURCE_NOT_FOUND');
    expect(await state()).toEqual(before);
    await until(() => warnings.length === 2);
    expect(warnings.map(({ code, file }) => [code, file])).toEqual([
      ['BAD_RECORD', at.url],
      ['SOURCE_NOT_FOUND', at.url],
    ]);
    at.state.now = { bytes: body({ id: 2 }), etag: '"good"' };
    await until(() => watcher.refused === undefined);
    expect(await texts()).toEqual(['{"id":2}']);
    await watcher.close();
  });

  test('that is not there or may not be read is not watched', async () => {
    const at = await serve((request, response) => response.writeHead(request.url === '/none' ? 404 : 403).end());
    const { store } = await testStore();
    const origin = new URL(at.url).origin;
    await expect(store.watch(`${origin}/none`, QUICK)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(store.watch(`${origin}/no`, QUICK)).rejects.toMatchObject({ code: 'SOURCE_FORBIDDEN' });
    await expect(store.watch(at.url, { ...QUICK, log: true })).rejects.toThrow(/a remote source cannot be a log/);
    await expect(store.watch('s3://', QUICK)).rejects.toThrow(TypeError);
    expect(store.collections()).toEqual([]);
  });
});

test('objects of a bucket come, change and go; only what changed is fetched, and a look is one list', async () => {
  const service = await s3Server();
  try {
    for (const [name, value] of Object.entries(service.environment)) vi.stubEnv(name, value);
    await service.put('logs/a.ndjson', body({ id: 1 }));
    await service.put('logs/b.ndjson.gz', gzipSync(linesOf({ id: 2 })));
    await service.put('logs/in/c d.ndjson', body({ id: 3 }));
    const { store, texts: inOrder } = await testStore();
    const texts = async () => (await inOrder()).sort();
    const { events } = eventsOf(store);
    const pattern = `s3://${BUCKET}/logs/**`;
    const watcher = await store.watch(pattern, { ...QUICK, key: 'id' });
    expect(await texts()).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
    const isList = (url = '') => url.includes('list-type=2');
    const objectsAsked = () => service.requests.filter(({ url }) => !isList(url)).map(({ url }) => url);

    service.requests.length = 0;
    await until(() => service.requests.length >= 3);
    expect(objectsAsked()).toEqual([]);

    await service.put('logs/b.ndjson.gz', gzipSync(linesOf({ id: 2, v: 2 }, { id: 4 })));
    await until(() => events.some(({ changed }) => changed === 1));
    expect(await texts()).toEqual(['{"id":1}', '{"id":2,"v":2}', '{"id":3}', '{"id":4}']);
    expect(new Set(objectsAsked())).toEqual(new Set([`/${BUCKET}/logs/b.ndjson.gz`]));

    await service.remove('logs/a.ndjson');
    await until(() => events.some(({ removed }) => removed === 1));
    await service.put('logs/d.ndjson', body({ id: 5 }));
    await until(() => events.filter(({ added }) => added > 0).length === 2);
    expect(await texts()).toEqual(['{"id":2,"v":2}', '{"id":3}', '{"id":4}', '{"id":5}']);
    await watcher.close();
  } finally {
    vi.unstubAllEnvs();
    await service.close();
  }
});
