// Goal: remote sources are looked at as often as they should be, and no more often when a service is busy or away.
// Method: a watcher whose notices, synchronisations and clock are the test's.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { Passing } from '../../src/import/transport/http/attempts.js';
import { NO_RECORDS, type SyncReport } from '../../src/sources/sync.js';
import { watching } from '../support/watching.js';

const NOTHING: SyncReport = { changed: 0, added: 0, removed: 0, unchanged: 1, bytesRead: 0, records: NO_RECORDS };
const CHANGE: SyncReport = { ...NOTHING, changed: 1, bytesRead: 10 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('remote sources', () => {
  test('are looked at every so often, a tenth more or less, and nothing is followed', async () => {
    const at = await watching({ remotePollMs: 10_000 }, ['https://host/data.json', 's3://bucket/x/']);
    expect(at.followers()).toBe(0);
    await at.end(NOTHING);
    const watcher = await at.starting;
    expect([watcher.polls, watcher.sources]).toEqual([true, ['https://host/data.json', 's3://bucket/x/']]);
    for (let i = 0; i < 5; i++) {
      await pass(8_999);
      expect(at.syncs).toEqual([]);
      await pass(2_002);
      expect(at.syncs).toHaveLength(1);
      expect(at.paths()).toBeUndefined();
      await at.end(NOTHING);
    }
    expect(at.told).toHaveLength(1);
    await watcher.close();
  });

  test('beside a folder: that is followed, and everything is compared', async () => {
    const at = await watching({ remotePollMs: 10_000 }, ['/data', 'https://host/data.json']);
    expect(at.followers()).toBe(1);
    await at.end(NOTHING);
    at.notice('/data/a');
    await pass(500);
    expect(at.paths()).toEqual(['/data/a']);
    await at.end(CHANGE);
    await pass(11_000);
    expect(at.paths()).toBeUndefined();
    await at.end(NOTHING);
    await (await at.starting).close();
  });

  test('that cannot be reached are asked ever more rarely, as rarely as the server says, and are news when they can', async () => {
    const at = await watching({ remotePollMs: 1_000 }, ['https://host/data.json']);
    const down = (waitMs: number) => {
      const cause = new Passing('503', { waitMs });
      return new GristmillError('SOURCE_UNREACHABLE', 'not reached', { file: 'https://host/data.json', cause });
    };
    await at.end(down(0));
    const waits: number[] = [];
    for (const wait of [0, 0, 0, 600_000, 0]) {
      const before = performance.now();
      while (at.syncs.length === 0) await pass(500);
      waits.push(Math.round((performance.now() - before) / 1_000));
      await at.end(down(wait));
    }
    expect(waits).toEqual([1, 2, 4, 8, 600]);
    expect((await at.starting).refused?.code).toBe('SOURCE_UNREACHABLE');
    while (at.syncs.length === 0) await pass(500);
    await at.end(NOTHING);
    expect(at.told.at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect((await at.starting).refused).toBeUndefined();
    await (await at.starting).close();
  });

  test('whose connection broke off are tried again, and are not taken for bad files', async () => {
    const at = await watching({}, ['https://host/data.json']);
    const cause = new Passing('broke off');
    await at.end(new GristmillError('SOURCE_TRUNCATED', 'broke off', { file: 'https://host/data.json', cause }));
    await pass(1_000);
    expect(at.syncs).toHaveLength(1);
    await at.end(CHANGE);
    await (await at.starting).close();
  });

  test('are no logs', async () => {
    const { starting } = await watching({ log: true }, ['s3://bucket/x']);
    await expect(starting).rejects.toThrow(/a remote source cannot be a log/);
  });
});
