// Goal: no change is ever missed, and none is imported before it is whole. Method: the schedule is driven by random notices,
// pauses and failures, with a clock of the test's own, against a model that remembers of every notice whether somebody has
// looked at it since; readiness against the rules it is to follow, case by case.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { HELD_FILES_MAX, NOTICED_PATHS_MAX } from '../../src/base/limits.js';
import { Readiness } from '../../src/watch/readiness.js';
import { Schedule } from '../../src/watch/schedule.js';
import { runs } from '../support/effort.js';

const TIMES = { stabilityMs: 500, maxWaitMs: 2_000, compareMs: 60_000 };
const PATHS = ['/a', '/b', '/c', '/d'];

/** What may happen to a schedule. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('notice' as const), path: fc.constantFrom(...PATHS) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(900) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('notice all' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('done' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('failed' as const), retries: fc.boolean() }) },
  ),
  { maxLength: 60 },
);

/** Notices since anybody looked with success, and the rules of rounds, checked as they begin and end. */
class Model {
  now = 0;
  readonly schedule = new Schedule(TIMES, 0);
  /** First and last notice of a path since a round took it. */
  readonly fresh = new Map<string, { first: number; last: number; number: number }>();
  /** What failed rounds had taken. */
  readonly owed = new Set<string>();
  /** Everything has to be compared; from which notice on. */
  all: number | undefined = 1;
  running: { readonly paths: ReadonlySet<string> | undefined; readonly first: number } | undefined;

  notice(path: string): void {
    this.schedule.notice(path, this.now);
    const known = this.fresh.get(path);
    if (known) known.last = this.now;
    else this.fresh.set(path, { first: this.now, last: this.now, number: this.schedule.noticed });
  }

  noticeAll(): void {
    this.schedule.noticeAll(this.now);
    this.all ??= this.schedule.noticed;
    for (const { number } of this.fresh.values()) this.all = Math.min(this.all, number);
    this.fresh.clear();
  }

  /** Does what whoever owns the schedule does whenever something happened. */
  take(): void {
    const due = this.schedule.due();
    const round = this.schedule.take(this.now);
    if (this.running) {
      expect(round).toBeUndefined();
      expect(due).toBe(Number.POSITIVE_INFINITY);
      return;
    }
    // A path that nobody has to wait for any longer is taken, and no other.
    const isDue = ({ first, last }: { first: number; last: number }) =>
      this.now >= last + TIMES.stabilityMs || this.now >= first + TIMES.maxWaitMs;
    const paths = [...this.fresh].filter(([, times]) => isDue(times)).map(([path]) => path);
    if (round === undefined) {
      expect(paths).toEqual([]);
      return;
    }
    expect(this.now).toBeGreaterThanOrEqual(due);
    let first = Math.min(...paths.map((path) => this.fresh.get(path)!.number));
    for (const path of paths) this.fresh.delete(path);
    if (round.paths === undefined) {
      first = Math.min(first, this.all ?? Number.POSITIVE_INFINITY);
      this.all = undefined;
    } else {
      expect(new Set(round.paths)).toEqual(new Set([...paths, ...this.owed]));
    }
    this.owed.clear();
    this.running = { paths: round.paths, first };
  }

  end(outcome: 'done' | 'failed', retryAt?: number): void {
    if (!this.running) return;
    const { paths, first } = this.running;
    this.running = undefined;
    if (outcome === 'done') this.schedule.done(this.now);
    else {
      this.schedule.failed(this.now, retryAt);
      for (const path of paths ?? PATHS) this.owed.add(path);
    }
    expect(this.schedule.first()).toBeGreaterThanOrEqual(Math.min(first, this.first()));
  }

  first(): number {
    const numbers = [...this.fresh.values()].map(({ number }) => number);
    return Math.min(...numbers, this.all ?? Number.POSITIVE_INFINITY, this.running?.first ?? Number.POSITIVE_INFINITY);
  }
}

describe('schedule', () => {
  test('whatever happens, every notice is looked at, after it was made and not before it is due', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const model = new Model();
        for (const step of script) {
          model.take();
          if (step.kind === 'notice') model.notice(step.path);
          else if (step.kind === 'notice all') model.noticeAll();
          else if (step.kind === 'pause') model.now += step.ms;
          else if (step.kind === 'done') model.end('done');
          else model.end('failed', step.retries ? model.now + 1_000 : undefined);
          expect(model.schedule.first()).toBe(model.first());
        }
        // From here all goes well, and one more change wakes what a failure left for the next round.
        model.notice('/a');
        const latest = model.now + TIMES.maxWaitMs;
        for (let rounds = 0; model.first() < Number.POSITIVE_INFINITY || model.owed.size > 0; rounds++) {
          expect(rounds).toBeLessThan(10);
          model.end('done');
          model.now = Math.max(model.now, model.schedule.due());
          expect(model.now).toBeLessThanOrEqual(latest);
          model.take();
          model.end('done');
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('a path that keeps changing is looked at after the longest wait, and again', () => {
    const schedule = new Schedule(TIMES, 0);
    schedule.take(0);
    schedule.done(0);
    const taken: number[] = [];
    for (let now = 100; now <= 10_000; now += 100) {
      schedule.notice('/log', now);
      if (schedule.take(now)) {
        taken.push(now);
        schedule.done(now);
      }
    }
    expect(taken).toEqual([2_100, 4_200, 6_300, 8_400]);
  });

  test('everything is compared at the beginning, from time to time, and when asked to be more often', () => {
    const schedule = new Schedule(TIMES, 0);
    expect(schedule.take(0)).toEqual({ paths: undefined });
    schedule.done(10);
    expect(schedule.due()).toBe(60_010);
    schedule.compareEvery(() => 1_000, 20);
    expect(schedule.due()).toBe(1_020);
    expect(schedule.take(1_020)).toEqual({ paths: undefined });
    schedule.done(1_100);
    expect(schedule.due()).toBe(2_100);
  });

  test('more paths than can be listed: everything is compared instead, and nothing is listed any more', () => {
    const schedule = new Schedule(TIMES, 0);
    schedule.take(0);
    schedule.done(0);
    for (let i = 0; i <= NOTICED_PATHS_MAX; i++) schedule.notice(`/${i}`, 1);
    expect(schedule.take(501)).toEqual({ paths: undefined });
    expect(schedule.first()).toBe(2);
    schedule.done(600);
    expect(schedule.first()).toBe(Number.POSITIVE_INFINITY);
  });

  test('a comparison that failed is made up for by a comparison', () => {
    const schedule = new Schedule(TIMES, 0);
    schedule.take(0);
    schedule.failed(10);
    schedule.notice('/a', 20);
    expect(schedule.take(520)).toEqual({ paths: undefined });
  });
});

const badFile = (file?: string) => new GristmillError('BAD_RECORD', 'bad', file === undefined ? {} : { file });

describe('readiness', () => {
  const NOW = 1_700_000_000_000;
  const file = (age: number, bytes = 1) => ({ bytes, mtimeMs: NOW - age + 0.25 });

  test('a file that was left alone for long enough is taken, one that was not only as far as it has grown', () => {
    const readiness = new Readiness(500);
    expect(readiness.of('/old', file(501), NOW)).toBe('all');
    expect(readiness.of('/new', file(499), NOW)).toBe('growth');
    expect(readiness.of('/new', file(499), NOW + 501)).toBe('all');
  });

  test('a time from the future counts from when it was first seen, and not while the file changes', () => {
    const readiness = new Readiness(500);
    expect(readiness.of('/a', file(-60_000), NOW)).toBe('growth');
    expect(readiness.of('/a', file(-60_000), NOW + 499)).toBe('growth');
    expect(readiness.of('/a', file(-60_000, 2), NOW + 500)).toBe('growth');
    expect(readiness.of('/a', file(-60_000, 2), NOW + 999)).toBe('growth');
    expect(readiness.of('/a', file(-60_000, 2), NOW + 1_000)).toBe('all');
  });

  test('where times are whole seconds, they may be two seconds older than they say', () => {
    const readiness = new Readiness(500);
    expect(readiness.of('/a', { bytes: 1, mtimeMs: NOW - 1_000 }, NOW)).toBe('growth');
    expect(readiness.of('/b', { bytes: 1, mtimeMs: NOW - 3_000 }, NOW)).toBe('all');
  });

  test('a bad file is left until it is another', () => {
    const readiness = new Readiness(500);
    readiness.begin();
    expect(readiness.of('/bad', file(1_000), NOW)).toBe('all');
    expect(readiness.hold(badFile('/bad'))).toBe(true);
    expect(readiness.of('/bad', file(1_000), NOW)).toBe('nothing');
    readiness.begin();
    expect(readiness.of('/bad', file(1_000), NOW + 1e6)).toBe('nothing');
    expect(readiness.of('/bad', file(900), NOW)).toBe('all');
    expect(readiness.of('/bad', file(1_000), NOW)).toBe('all');
  });

  test('only a file of this round can be held: the version that was bad must be known', () => {
    const readiness = new Readiness(500);
    readiness.begin();
    readiness.of('/bad', file(1_000), NOW);
    readiness.begin();
    expect([
      readiness.hold(badFile('/bad')),
      readiness.hold(badFile('/other')),
      readiness.hold(badFile(undefined)),
    ]).toEqual([false, false, false]);
  });

  test('with too many bad files, the one held for longest is tried again', () => {
    const readiness = new Readiness(500);
    for (let i = 0; i <= HELD_FILES_MAX; i++) {
      readiness.of(`/${i}`, file(1_000), NOW);
      readiness.hold(badFile(`/${i}`));
    }
    expect(readiness.of('/0', file(1_000), NOW)).toBe('all');
    expect(readiness.of('/1', file(1_000), NOW)).toBe('nothing');
  });
});
