// Goal: a remote object is imported as the same file would be, of one version or not at all; and several of a bucket.
// Method: servers of ours on the loopback, one of S3 that checks signatures, and the built package as a user has it.

import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { testStore } from '../support/import-store.js';
import { serve, serveWell } from '../support/remote-server.js';
import { BUCKET, s3Server } from '../support/s3-server.js';

const TEXTS = Array.from({ length: 30_000 }, (_, id) => JSON.stringify({ id, noise: Math.sin(id) }));
const TEXT = `${TEXTS.join('\n')}\n`;

test('an object at an address, compressed or not', async () => {
  const bodies = [Buffer.from(TEXT), gzipSync(TEXT)];
  for (const bytes of bodies) {
    const served = await serve((request, response) => serveWell(request, response, { bytes, etag: '"one"' }));
    const { store, texts } = await testStore();
    const report = await store.import(`${served.url}/dump?signature=secret`, { key: 'id' });
    expect(report).toMatchObject({ sources: [`${served.url}/dump`], bytes: { source: bytes.byteLength } });
    expect(await texts()).toEqual(TEXTS);
    await store.import(new URL(`${served.url}/dump`), { key: 'id', collection: 'again' });
    expect(await texts('again')).toEqual(TEXTS);
  }
});

test('an object that is replaced while it is read, or is not there, changes nothing', async () => {
  let asked = 0;
  const served = await serve((request, response) => {
    if (request.url?.endsWith('/none')) {
      response.writeHead(404).end();
      return;
    }
    asked++;
    serveWell(request, response, { bytes: Buffer.from(TEXT), etag: asked > 1 ? '"two"' : '"one"' });
  });
  const { store, state } = await testStore();
  await store.import([{ id: 1 }], { key: 'id' });
  const before = await state();
  const changed = store.import(`${served.url}/dump?key=secret`, { key: 'id' });
  await expect(changed).rejects.toMatchObject({ code: 'SOURCE_CHANGED', file: `${served.url}/dump` });
  await expect(changed).rejects.not.toThrow(/secret/);
  await expect(store.import(`${served.url}/none`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  await expect(store.import('http://')).rejects.toThrow();
  expect(await state()).toEqual(before);
});

test('objects of a bucket, in the order of their keys', async () => {
  const service = await s3Server();
  try {
    for (const [name, value] of Object.entries(service.environment)) vi.stubEnv(name, value);
    await service.put('logs/a.ndjson.gz', gzipSync('{"id":1}\n{"id":2}\n'));
    await service.put('logs/b.ndjson', Buffer.from('{"id":3}\n'));
    await service.put('logs/other.txt', Buffer.from('no JSON'));
    const { store, texts } = await testStore();
    const report = await store.import(`s3://${BUCKET}/logs/*.ndjson*`, { key: 'id' });
    expect(report.sources).toEqual([`s3://${BUCKET}/logs/a.ndjson.gz`, `s3://${BUCKET}/logs/b.ndjson`]);
    expect(await texts()).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
    await expect(store.import(`s3://${BUCKET}/logs/*.none`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  } finally {
    vi.unstubAllEnvs();
    await service.close();
  }
});
