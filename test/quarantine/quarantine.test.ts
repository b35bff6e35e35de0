// Goal: rejected records can be found, read, corrected and imported after all, and none is lost, whenever a retry ends.
// Method: imports of sources with bad records; retries that fail at each step; the command as a real process.

import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { collectionOf, nameOf, newQuarantineName } from '../../dist/src/store/quarantine/names.js';
import { retryQuarantine } from '../../dist/src/upkeep/quarantine/retry.js';
import { gristmill, parseLines } from '../support/cli.js';
import { quarantined } from '../support/quarantined.js';

const ID = '01234567-89ab-cdef-0123-456789abcdef';

describe('the name of a quarantine file', () => {
  test.each(['records', 'a/b', '..', '.x', 'ü* "\'', 'x.20260101T000000Z', 'ü'.repeat(127)])(
    'has the collection %j and the time',
    (collection) => {
      const name = newQuarantineName(collection, ID, new Date('2026-11-29T05:06:07.890Z'), undefined);
      expect(name).toMatch(/^[^./\\*"'][^/\\*"']*$/);
      expect(Buffer.byteLength(`${name}.ndjson.new`)).toBeLessThan(256);
      const found = nameOf(`/store/quarantine/${name}.ndjson`)!;
      expect(found).toMatchObject({ id: ID, time: '2026-11-29T05:06:07Z' });
      expect(collectionOf(found, ['other', collection], undefined)).toBe(collection);
    },
  );

  test('of an older version is the id alone', () => {
    expect(nameOf(`${ID}.ndjson`)).toEqual({ id: ID, name: ID });
    expect(nameOf('else.ndjson')).toBeUndefined();
  });
});

describe('store.quarantine', () => {
  test('lists files by collection and time, as stat does, and gives text, line and reason of each record', async () => {
    const { store, source, report, records } = await quarantined();
    const [file] = await store.quarantine.files();
    expect(file).toMatchObject({
      collection: 'records',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(basename(report.quarantine!)).toBe(`${file!.name}.ndjson`);
    const { bytes: _, ...named } = file!;
    expect(store.stat().quarantine).toEqual([named]);
    expect(await records()).toMatchObject([
      { number: 1, file: source, line: 3, record: 1, records: 1, reason: 'BAD_NUMBER', text: '{"id":2,"n":01}' },
      { number: 2, file: source, line: 5, record: 3, reason: 'KEY_MISSING', text: '{"name":"no key"}' },
    ]);
    // Nobody can count lines of a source that is another by now.
    writeFileSync(source, '{"id":1}\n');
    expect((await records()).map(({ line }) => line)).toEqual([undefined, undefined]);
  });

  test('imports corrected records and removes only these; the file goes with the last', async () => {
    const { store, report, records } = await quarantined();
    const name = report.quarantine as string;
    const first = await store.quarantine.retry(name, { corrected: [{ number: 1, text: '{"id":2,"n":1}' }] });
    expect(first).toEqual({ collection: 'records', accepted: 1, left: 1, refused: [] });
    expect(store.collection().getTextSync(2)).toBe('{"id":2,"n":1}');
    expect((await records()).map(({ number, text }) => [number, text])).toEqual([[1, '{"name":"no key"}']]);
    const asItIs = await store.quarantine.retry(name);
    expect(asItIs).toMatchObject({ accepted: 0, left: 1, refused: [{ number: 1, code: 'BAD_RECORD' }] });
    const two = await store.quarantine.retry(name, { corrected: [{ number: 1, text: '{"id":4}\n{"id":5}' }] });
    expect(two).toMatchObject({ accepted: 1, left: 0 });
    expect([4, 5].map((id) => store.collection().has(id))).toEqual([true, true]);
    expect([existsSync(name), store.stat().quarantine]).toEqual([false, []]);
  });

  test('imports records as they are, where what was wrong was the limit', async () => {
    const deep = `{"id":2,"a":${'['.repeat(9)}${']'.repeat(9)}}`;
    const { store, report } = await quarantined(`{"id":1}\n${deep}\n`, { key: 'id', depthMax: 4 });
    expect(await store.quarantine.retry(report.quarantine as string)).toMatchObject({ accepted: 1, left: 0 });
    expect(store.collection().getTextSync(2)).toBe(deep);
  });

  test('bytes that are not UTF-8 stay as they are, also where their text is given back', async () => {
    const { store, path, records } = await quarantined();
    const source = join(path, 'latin.ndjson');
    writeFileSync(source, Buffer.from('{"id":8}\n{"id":9,"x":"\xff"}\n', 'latin1'));
    const options = { key: 'id', mode: 'upsert', workers: 1, onBadRecord: 'quarantine' } as const;
    const name = (await store.import(source, options)).quarantine as string;
    const [{ number, text }] = (await records(name)) as [Awaited<ReturnType<typeof records>>[number]];
    expect(text).toContain('\ufffd');
    for (const given of [undefined, [{ number, text }]]) {
      expect(await store.quarantine.retry(name, { corrected: given })).toMatchObject({ accepted: 0, left: 1 });
    }
  });

  test.each([
    ['a file that is not there', 'none', {}, /there is no quarantine file/],
    ['a record that is not there', 'records', { corrected: [{ number: 9, text: '1' }] }, /has no record 9/],
    ['no list of texts', 'records', { corrected: [{ number: 'x' }] }, /a number and a text/],
    ['a collection that is not there', 'records', { collection: 'none' }, /none/],
  ])('refuses %s, and nothing changes', async (_what, name, options, message) => {
    const { store, records } = await quarantined();
    await expect(store.quarantine.retry(name, options as never)).rejects.toThrow(message);
    expect(await records()).toHaveLength(2);
  });
});

describe('a retry that fails half-way', () => {
  /** More than one transaction takes. */
  const LINES = Array.from({ length: 2500 }, (_, id) => `{"id":${id},"a":[[[[1]]]]}\n{"id":"good${id}"}\n`).join('');

  test.each(['the second transaction', 'replacing the file'])('at %s loses nothing, and goes on', async (where) => {
    const { store, directory, report, records } = await quarantined(LINES, { key: 'id', depthMax: 3 });
    expect(report.records.rejected).toBe(2500);
    const catalog = await openRecovered({ directory, blobs: files }, { create: false, readOnly: false });
    let transactions = 0;
    const sync = async () => {
      throw new Error('killed');
    };
    const blobs = where === 'replacing the file' ? { ...files, sync } : files;
    const failing = retryQuarantine(
      {
        ...{ place: { directory, blobs }, catalog },
        transaction: async (change) => {
          if (++transactions === 2 && blobs === files) throw new Error('killed');
          return store.transaction<ReturnType<typeof change>>(change as never);
        },
      },
      report.quarantine as string,
    );
    await expect(failing).rejects.toThrow('killed');
    await catalog.close();
    const waiting = new Set((await records()).map(({ text }) => JSON.parse(text).id as number));
    const stored = Array.from({ length: 2500 }, (_, id) => id).filter((id) => store.collection().has(id));
    expect(stored.length).toBeGreaterThan(0);
    expect(new Set([...waiting, ...stored]).size).toBe(2500);
    await store.quarantine.retry(report.quarantine as string);
    expect(store.collection().count()).toBe(5000);
    expect(existsSync(report.quarantine as string)).toBe(false);
  });
});

describe('gristmill quarantine', () => {
  test('list, show and retry: what show prints, corrected, is what retry takes', async () => {
    const { store, path, directory } = await quarantined();
    await store.close();
    const run = (...words: string[]) => gristmill('quarantine', ...words, '--store', directory);
    expect((await run('list')).stdout).toMatch(
      /^file +collection +time +size\nrecords\.\d{8}T\d{6}Z\.\S+ +records +20/,
    );
    expect((await gristmill('stat', '--store', directory)).stdout).toMatch(/\nquarantine +records\.\d{8}T/);
    const shown = await run('show', 'records');
    expect(shown.stdout).toMatch(/^# 1 \S+users\.ndjson, line 3, record 1: BAD_NUMBER, .*\n\{"id":2,"n":01\}\n# 2 /);
    expect(parseLines((await run('show', 'records', '--json')).stdout)).toMatchObject([{ line: 3 }, { line: 5 }]);
    const text = join(path, 'corrected.txt');
    writeFileSync(text, shown.stdout.replace('01}', '1}'));
    const retried = await run('retry', 'records', '--file', text);
    expect(retried).toMatchObject({ code: 0, stdout: '1 imported into records; 1 left in quarantine\n' });
    expect(retried.stderr).toContain('2 stays in quarantine');
    expect((await gristmill('get', '2', '--store', directory)).stdout).toBe('{"id":2,"n":1}\n');
    expect((await run('show', 'none')).code).toBe(3);
  });
});
