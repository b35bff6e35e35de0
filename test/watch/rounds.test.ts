// Goal: a watcher never runs two synchronisations at once, runs another for what changed during one, goes on after whatever
// fails, and ends at whatever moment it is closed. Method: a watcher whose notices, synchronisations and clock are the
// test's; at random in one property, step by step in the others.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { NO_RECORDS, type SyncReport } from '../../src/sources/sync.js';
import { runs } from '../support/effort.js';
import { until } from '../support/until.js';
import { type Syncing, watching } from '../support/watching.js';

const NOTHING: SyncReport = { changed: 0, added: 0, removed: 0, unchanged: 1, bytesRead: 0, records: NO_RECORDS };
const CHANGE: SyncReport = { ...NOTHING, changed: 1, bytesRead: 10 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const bad = (file?: string) => new GristmillError('BAD_RECORD', 'bad', file === undefined ? {} : { file });
const full = () => new GristmillError('DISK_FULL', 'full');
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('rounds', () => {
  test('whatever happens: one at a time, no change without a round after it, an end after close', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('notice' as const), path: fc.constantFrom('/data/a', '/data/b', '/data/c') }),
        fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(1_500) }),
        fc.record({ kind: fc.constant('end' as const), how: fc.constantFrom('done', 'bad', 'full') }),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (script, closesEarly) => {
        const controller = new AbortController();
        const at = await watching({ signal: controller.signal });
        /** Paths that changed since a synchronisation began that looked at them and succeeded. */
        let dirty = new Set<string>(['/data/a', '/data/b', '/data/c']);
        let seen: ReadonlySet<string> = new Set();
        let current: Syncing | undefined;
        const look = () => {
          if (at.syncs[0] === current) return;
          current = at.syncs[0];
          if (current === undefined) return;
          // What is noticed from here on is not known to be looked at.
          seen = new Set([...dirty].filter((path) => current!.options.paths?.has(path) ?? true));
        };
        look();
        for (const step of script) {
          if (step.kind === 'notice') {
            at.notice(step.path);
            dirty.add(step.path);
            seen = new Set([...seen].filter((path) => path !== step.path));
          } else if (step.kind === 'pass') await pass(step.ms);
          else if (current !== undefined) {
            if (step.how === 'done') dirty = new Set([...dirty].filter((path) => !seen.has(path)));
            await at.end(step.how === 'done' ? CHANGE : step.how === 'bad' ? bad() : full());
          }
          look();
        }
        if (closesEarly) controller.abort();
        else {
          // A notice after which all goes well.
          at.notice('/data/a');
          dirty.add('/data/a');
          let isSettled = false;
          const settled = at.starting.then((watcher) => watcher.settled());
          void settled.then(() => {
            isSettled = true;
          });
          for (let i = 0; i < 30 && (dirty.size > 0 || current !== undefined || !isSettled); i++) {
            if (current !== undefined) {
              dirty = new Set([...dirty].filter((path) => !seen.has(path)));
              await at.end(CHANGE);
            } else await pass(500);
            look();
          }
          expect([[...dirty], isSettled]).toEqual([[], true]);
          await (await at.starting).close();
        }
        await at.starting.then(
          (watcher) => watcher.close(),
          (error) => expect(error.code).toBe('CANCELLED'),
        );
        expect(at.most()).toBe(1);
        expect([at.syncs.length, at.followers(), vi.getTimerCount()]).toEqual([0, 0, 0]);
        expect(at.ended).toHaveBeenCalledTimes(1);
      }),
      { numRuns: runs(300) },
    );
  });

  test('the first compares everything; a change is looked at when it has been left alone', async () => {
    const at = await watching();
    expect(at.paths()).toBeUndefined();
    await at.end(NOTHING);
    await at.starting;
    at.notice('/data/a', '/data/b');
    await pass(300);
    at.notice('/data/b');
    await pass(200);
    expect(at.paths()).toEqual(['/data/a']);
    await at.end(CHANGE);
    expect(at.paths()).toBeUndefined();
    await pass(300);
    expect(at.paths()).toEqual(['/data/b']);
    expect(at.told).toMatchObject([
      { outcome: 'unchanged', changed: 0 },
      { outcome: 'imported', changed: 1, bytes: 10, collection: 'records' },
    ]);
    await at.end(NOTHING);
    await (await at.starting).close();
  });

  test('a file that is still being written to is looked at again', async () => {
    const at = await watching();
    expect([at.take('/data/a', 5_000), at.take('/data/b', 100)]).toEqual(['all', 'growth']);
    await at.end(CHANGE);
    await pass(500);
    expect(at.paths()).toEqual(['/data/b']);
    expect(at.take('/data/b', 700)).toBe('all');
    await at.end(CHANGE);
    await (await at.starting).close();
  });

  test('a bad file is held back, and what it came with goes on at once; its next version is taken', async () => {
    const at = await watching();
    await at.end(NOTHING);
    at.notice('/data/good', '/data/bad');
    await pass(500);
    at.take('/data/good', 5_000);
    at.take('/data/bad', 5_000);
    await at.end(bad('/data/bad'));
    expect(at.paths()).toEqual(['/data/good', '/data/bad']);
    expect([at.take('/data/good', 5_000), at.take('/data/bad', 5_000)]).toEqual(['all', 'nothing']);
    await at.end(CHANGE);
    expect(at.told.map((event) => ('outcome' in event ? event.outcome : event.about))).toEqual([
      'unchanged',
      'refused',
      'watch',
      'imported',
    ]);
    expect(at.told[1]).toMatchObject({ error: { code: 'BAD_RECORD', file: '/data/bad' } });
    at.notice('/data/bad');
    await pass(500);
    expect(at.take('/data/bad', 600)).toBe('all');
    await at.end(CHANGE);
    await (await at.starting).close();
  });

  test('what is bad is not tried again until something changes, what may pass is, ever more rarely', async () => {
    const at = await watching({ compareMs: 1_000_000 });
    await at.end(NOTHING);
    at.notice('/data/a');
    await pass(500);
    await at.end(bad());
    await pass(100_000);
    expect(at.syncs).toEqual([]);
    at.notice('/data/b');
    await pass(500);
    expect(at.paths()).toEqual(['/data/b', '/data/a']);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await at.end(full());
      const before = performance.now();
      for (let ms = 0; ms < 70_000 && at.syncs.length === 0; ms += 1_000) await pass(1_000);
      waits.push(Math.round((performance.now() - before) / 1_000));
      expect(new Set(at.paths())).toEqual(new Set(['/data/a', '/data/b']));
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    await at.end(CHANGE);
    await (await at.starting).close();
  });

  test('where not all is told any more, everything is compared every so often, and a warning says so once', async () => {
    const at = await watching({ pollMs: 1_000 });
    await at.end(NOTHING);
    const watcher = await at.starting;
    expect(watcher.polls).toBe(false);
    at.failed(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
    at.failed(new Error('no room either'));
    expect(watcher.polls).toBe(true);
    for (let i = 0; i < 3; i++) {
      await pass(1_000);
      expect(at.syncs).toHaveLength(1);
      expect(at.paths()).toBeUndefined();
      await at.end(NOTHING);
    }
    const warnings = at.told.filter((event) => 'about' in event);
    expect(warnings).toMatchObject([{ about: 'watch', error: { code: 'IO_ERROR' } }]);
    expect(warnings[0]?.error?.message).toContain('no room');
    // Comparing and finding nothing is no news.
    expect(at.told).toHaveLength(2);
    await watcher.close();
  });

  test('poll "always" compares all the time and follows nothing; "never" goes on as it was', async () => {
    const always = await watching({ poll: 'always', pollMs: 1_000 });
    expect(always.followers()).toBe(0);
    await always.end(NOTHING);
    await pass(1_000);
    expect(always.syncs).toHaveLength(1);
    await always.end(NOTHING);
    await (await always.starting).close();

    const never = await watching({ poll: 'never' });
    await never.end(NOTHING);
    never.failed(new Error('no room'));
    await pass(10_000);
    expect(never.syncs).toEqual([]);
    expect((await never.starting).polls).toBe(false);
    await (await never.starting).close();
  });
});

describe('beginning and ending', () => {
  test.each([
    new TypeError('watch has no option x'),
    new GristmillError('SOURCE_NOT_FOUND', 'there is no file'),
    new GristmillError('COLLECTION_MISMATCH', 'another key'),
    new GristmillError('SOURCE_FORBIDDEN', 'no'),
    new GristmillError('CONFIG_INVALID', 'no such profile'),
  ])('what cannot be is not watched: $name $code', async (error) => {
    const at = await watching();
    await at.end(error);
    await expect(at.starting).rejects.toBe(error);
    expect([at.followers(), vi.getTimerCount(), at.ended.mock.calls.length]).toEqual([0, 0, 1]);
  });

  test('a first version that is bad is told, and waited for', async () => {
    const at = await watching();
    await at.end(bad());
    const watcher = await at.starting;
    at.notice('/data/a');
    await pass(500);
    expect(at.paths()).toBeUndefined();
    await at.end(CHANGE);
    expect(at.told.at(-1)).toMatchObject({ outcome: 'imported' });
    await watcher.close();
  });

  test('its signal closes it: before it has begun it rejects, afterwards it just ends', async () => {
    for (const isLate of [false, true]) {
      const controller = new AbortController();
      const at = await watching({ signal: controller.signal });
      if (isLate) {
        await at.end(NOTHING);
        await at.starting;
      }
      controller.abort(new GristmillError('STORE_CLOSED', 'closed'));
      if (!isLate) await expect(at.starting).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await until(() => at.ended.mock.calls.length === 1);
      expect([at.syncs.length, at.followers(), vi.getTimerCount()]).toEqual([0, 0, 0]);
    }
  });

  test('closing while something is imported cancels that, tells nothing, and lets nobody wait', async () => {
    const at = await watching();
    await at.end(NOTHING);
    const watcher = await at.starting;
    at.notice('/data/a');
    await pass(500);
    const settled = watcher.settled();
    const before = at.told.length;
    await Promise.all([watcher.close(), watcher.close(), settled]);
    expect([at.syncs.length, at.told.length]).toEqual([0, before]);
    at.notice('/data/a');
    await pass(10_000);
    expect(at.syncs).toEqual([]);
  });
});
