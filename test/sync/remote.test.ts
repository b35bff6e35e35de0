// Goal: a collection that is kept up to date with a prefix of S3 is what a fresh import of it gives, whatever came, changed and
// went; only objects that have changed are fetched; a look that finds nothing new is one list.
// Method: a bucket of ours; seeds decide what happens to its objects, and what goes wrong. The oracle is a fresh import.

import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SyncOptions } from '../../dist/src/sources/sync.js';
import { bucket } from '../support/bucket.js';
import { partOf, runs } from '../support/effort.js';
import { KINDS } from '../support/import-store.js';
import { pick, randomFrom } from '../support/random.js';
import { contentOf, freshly, linesOf, syncedStore } from '../support/sync.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const PREFIX = 's3://bucket/logs/';
/** With a blank, two slashes, escapes, letters beyond ASCII, and what patterns are made of. */
const KEYS = ['a.ndjson', 'b.ndjson.gz', '/c d.ndjson', 'in/e+%20.ndjson', 'ü/f.ndjson', '[g].ndjson', 'z.json'].map(
  (name) => `logs/${name}`,
);
const SEEDS = Array.from({ length: runs(1) }, (_, i) => i + 1);

describe.each(KINDS)('%s', (kind) => {
  const cases: readonly (readonly [what: string, options: SyncOptions, isSeparable: boolean])[] = [
    ['a key', { key: 'id' }, true],
    ['a key that objects share', { key: 'shared' }, false],
    ['positions as keys', { layout: 'ndjson' }, false],
  ];
  test.each(partOf(cases, KINDS.indexOf(kind)))(
    '%s: whatever is done to the objects',
    async (_, options, isSeparable) => {
      for (const seed of SEEDS) {
        const random = randomFrom(seed);
        const at = await bucket();
        const { store, sync } = await syncedStore(kind);
        let version = 0;
        for (let step = 0; step < 6; step++) {
          const changed = new Set<string>();
          for (let change = random(4); change > 0; change--) {
            const key = pick(random, KEYS);
            changed.add(key);
            if (random(3) === 0) at.objects.delete(key);
            else {
              const id = KEYS.indexOf(key) * 10;
              const text = linesOf([0, 1].map((i) => ({ id: id + i, shared: random(6), version: ++version })));
              at.objects.set(key, key.endsWith('.gz') ? gzipSync(text) : Buffer.from(text));
            }
          }
          await sync(PREFIX, options);
          if (isSeparable) expect([...changed, 'list']).toEqual(expect.arrayContaining(at.asked.splice(0)));
          expect(await contentOf(store)).toEqual(await freshly(PREFIX, options));
          at.asked.length = 0;
          expect(await sync(PREFIX, options)).toMatchObject({ changed: 0, added: 0, removed: 0, bytesRead: 0 });
          expect(new Set(at.asked)).toEqual(new Set(['list']));
        }
        expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      }
    },
  );

  test('an object that is replaced or goes after it was listed changes nothing', async () => {
    const at = await bucket();
    const { store, sync } = await syncedStore(kind);
    at.objects.set(KEYS[0]!, Buffer.from(linesOf([{ id: 1 }])));
    await sync(PREFIX, { key: 'id' });
    const before = await contentOf(store);
    at.objects.set(KEYS[2]!, Buffer.from(linesOf([{ id: 2 }])));
    for (const now of [undefined, Buffer.from(linesOf([{ id: 3 }]))]) {
      at.before = (asked) => {
        if (asked === 'list') return false;
        if (now === undefined) at.objects.delete(asked);
        else at.objects.set(asked, now);
        return false;
      };
      at.objects.set(KEYS[2]!, Buffer.from(linesOf([{ id: 2 }])));
      const changed = { code: 'SOURCE_CHANGED', file: `s3://bucket/${KEYS[2]}` };
      await expect(sync(PREFIX, { key: 'id' })).rejects.toMatchObject(changed);
      expect(await contentOf(store)).toEqual(before);
    }
    at.before = undefined;
    await sync(PREFIX, { key: 'id' });
    expect(await contentOf(store)).toEqual(await freshly(PREFIX, { key: 'id' }));
  });
});

test('credentials are read again for each look', async () => {
  const at = await bucket();
  const { sync } = await syncedStore('in memory');
  at.objects.set(KEYS[0]!, Buffer.from('{"id":1}'));
  at.before = (_asked, request, response) => {
    if (request.headers['x-amz-security-token'] === 'new') return false;
    response.writeHead(403).end('<Error><Code>ExpiredToken</Code></Error>');
    return true;
  };
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'old');
  await expect(sync(PREFIX, { key: 'id' })).rejects.toMatchObject({ code: 'SOURCE_FORBIDDEN' });
  vi.stubEnv('AWS_SESSION_TOKEN', 'new');
  expect(await sync(PREFIX, { key: 'id' })).toMatchObject({ added: 1 });
});

test('a pattern that is also the key of an object, an address, and folders beside them', async () => {
  const at = await bucket();
  const { store, sync } = await syncedStore('in memory');
  at.objects.set('logs/[g].ndjson', Buffer.from('{"id":1}\n'));
  const sources = ['s3://bucket/logs/[g].ndjson', 's3://bucket/logs/x*'];
  await sync(sources, { key: 'id' });
  at.objects.set('logs/x1.ndjson', Buffer.from('{"id":2}\n'));
  expect(await sync(sources, { key: 'id' })).toMatchObject({ added: 1, changed: 0, unchanged: 1 });
  expect(await contentOf(store)).toEqual({ '1': '{"id":1}', '2': '{"id":2}' });
});
