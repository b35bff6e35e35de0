// Goal: a watch that fails is heard, also by a program that listens to nothing; and events say what became of the records.
// Method: folders with bad files, watched; a process of its own whose stderr is read.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { StoreEmitter } from '../../dist/src/base/events.js';
import { GristmillError } from '../../dist/src/index.js';
import { eventually, until } from '../support/until.js';
import { eventsOf, place, QUICK } from '../support/watched.js';

/** Warnings of this process while the test runs. */
function processWarnings(): Error[] {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  onTestFinished(() => {
    process.off('warning', listen);
  });
  return warnings;
}

describe('a first import that fails', () => {
  test('is what the watcher says it resolved to, until a version is good', async () => {
    const { folder, store, write } = await place({ 'a.ndjson': '{"id":1}\n{"id":\n' });
    const { events } = eventsOf(store);
    const watcher = await store.watch(folder, { ...QUICK, key: 'id' });
    expect(watcher.refused).toMatchObject({ code: 'BAD_RECORD', line: 2 });
    await eventually(() => {
      expect(events.find(({ outcome }) => outcome === 'refused')?.error).toBe(watcher.refused);
    });
    write('a.ndjson', '{"id":1}\n{"id":2}\n');
    await until(() => watcher.refused === undefined);
    expect(store.collection().count()).toBe(2);
    await watcher.close();
  });

  test('is told as well where the other files were imported; the reason goes with the bad file', async () => {
    const { folder, store } = await place({ 'a.json': '{"a":1}', 'b.json': '{"b":' });
    const watcher = await store.watch(folder, QUICK);
    expect(watcher.refused).toMatchObject({ code: 'BAD_RECORD', file: join(folder, 'b.json') });
    expect(store.collection().count()).toBe(1);
    rmSync(join(folder, 'b.json'));
    await until(() => watcher.refused === undefined);
    await watcher.close();
  });

  test('is no word where all went well', async () => {
    const { folder, store } = await place({ 'a.json': '{"a":1}' });
    const watcher = await store.watch(folder, QUICK);
    expect(watcher.refused).toBeUndefined();
    await watcher.close();
  });
});

describe('a warning', () => {
  test('that nobody listens to is printed by the process', async () => {
    const { path, folder, store } = await place({ 'a.json': '{"a":' });
    await store.close();
    const script = fileURLToPath(new URL('../support/warn-unheard.mjs', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, join(path, 'store'), folder]);
    expect(stdout).toBe('BAD_RECORD\n');
    expect(stderr).toMatch(/^\(node:\d+\) \[BAD_RECORD\] GristmillWarning: watch: A record is bad at .*a\.json, byte/);
  });

  test.each(['refresh', 'warm', 'hot set', 'watch', 'generation'] as const)(
    'about "%s" reaches the process where nobody listens, and only listeners where somebody does',
    async (about) => {
      const warnings = processWarnings();
      const events = new StoreEmitter();
      const error = new GristmillError('IO_ERROR', `no room for ${about}`);
      const heard = vi.fn();
      events.on('warning', heard);
      events.tell('warning', { about, error });
      await until(() => heard.mock.calls.length === 1);
      events.off('warning', heard);
      events.tell('warning', { about, error });
      await until(() => warnings.length > 0);
      expect(warnings).toMatchObject([{ name: 'GristmillWarning', code: 'IO_ERROR', cause: error }]);
      expect(warnings[0]?.message).toBe(`${about}: no room for ${about}`);
    },
  );
});

test('events say how many records were imported, replaced, removed and rejected', async () => {
  const { folder, store, write } = await place({
    'a.ndjson': '{"id":1}\n{"id":2}\n{"id":3}\n',
    'b.ndjson': '{"id":9}\n',
  });
  const { events, last } = eventsOf(store);
  const watcher = await store.watch(folder, { ...QUICK, key: 'id', onBadRecord: 'skip' });
  await eventually(() => {
    expect(events[0]?.records).toEqual({ imported: 4, replaced: 0, removed: 0, rejected: 0 });
  });
  // 1 is replaced, 2 and 3 go, 4 comes, and a bad one with it.
  write('a.ndjson', '{"id":1,"v":2}\n{"id":4}\n{"id":\n');
  await eventually(() => expect(last()?.records).toEqual({ imported: 2, replaced: 1, removed: 2, rejected: 1 }));
  rmSync(join(folder, 'b.ndjson'));
  await eventually(() => expect(last()?.records).toEqual({ imported: 0, replaced: 0, removed: 1, rejected: 0 }));
  await watcher.close();
});
