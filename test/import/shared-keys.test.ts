// Goal: an import in which many records replaced one another says so, and names the key; one in which few did does not.
// Method: sources with a known number of repeated keys, imported by the library, the command line and a watcher.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gristmill, scratch } from '../support/cli.js';
import { fileWith } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK } from '../support/watched.js';

const TYPES = ['a', 'b', 'c'];
const rows = Array.from({ length: 2000 }, (_, id) => ({ id, type: TYPES[id % 3] }));
const NDJSON = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const WARNING = '1,997 of 2,000 records share a key with a later one, which replaced them: is `type` unique?';

test.each(KINDS)('a key that is not unique is warned of, %s', async (kind) => {
  const { run } = await testStore(kind);
  const report = await run(NDJSON, { key: 'type', layout: 'ndjson', spanBytes: 10_000 });
  expect(report.sharedKeys).toEqual({ records: 2000, replaced: 1997, text: WARNING });
  expect(report.warnings).toEqual([WARNING]);
  const first = await run(NDJSON, { key: 'type', layout: 'ndjson', onDuplicate: 'first' });
  expect(first.warnings).toEqual([
    '1,997 of 2,000 records share a key with an earlier one and were left out: is `type` unique?',
  ]);
});

/** As many records, so many of them with a key that came before. */
const withRepeated = (records: number, repeated: number) =>
  Array.from({ length: records }, (_, i) => `{"id":${i < repeated ? -1 : i}}`).join('\n');

test.each([
  [100, 11, true],
  [100, 10, false],
  [10, 2, false],
  [5, 5, true],
  [2, 2, false],
])('of %i records, %i have one key: warned %s', async (records, repeated, isWarned) => {
  const { run } = await testStore('in memory');
  const report = await run(withRepeated(records, repeated), { key: 'id', layout: 'ndjson' });
  expect(report.records.replaced).toBe(repeated - 1);
  expect(report.sharedKeys !== undefined).toBe(isWarned);
  expect(report.warnings).toHaveLength(isWarned ? 1 : 0);
});

test('records that replace stored ones, or meet them in an insert, are no reason to warn', async () => {
  const { run } = await testStore('in memory');
  const source = withRepeated(50, 0);
  for (const mode of ['replace', 'upsert'] as const) {
    expect((await run(source, { key: 'id', layout: 'ndjson', mode })).warnings).toEqual([]);
  }
  const again = await run(source, { key: 'id', layout: 'ndjson', mode: 'insert', onDuplicate: 'first' });
  expect(again).toMatchObject({ warnings: [], records: { replaced: 50 } });
});

test('bad records do not hide it, and names of members are asked for as names', async () => {
  const { run } = await testStore('in memory');
  const bad = Array.from({ length: 90 }, () => '{"no":1}').join('\n');
  const options = { key: 'id', layout: 'ndjson', onBadRecord: 'skip' } as const;
  expect((await run(`${bad}\n${withRepeated(10, 3)}`, options)).sharedKeys).toMatchObject({ records: 10, replaced: 2 });
  const named = await run('{"a":1,"a":2,"a":3}', { layout: 'object' });
  expect(named.warnings).toEqual([
    '2 of 3 records share a key with a later one, which replaced them: is each name unique?',
  ]);
});

test('the command line prints it, also beside the report as JSON', async () => {
  const arguments_ = ['import', fileWith(NDJSON, 'a.ndjson'), '--store', join(scratch(), 'store'), '--key', 'type'];
  const ended = await gristmill(...arguments_);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(`warning +${WARNING}`) });
  const json = await gristmill(...arguments_, '--json');
  expect(json).toMatchObject({ code: 0, stderr: expect.stringContaining(`warning: ${WARNING}`) });
  expect(JSON.parse(json.stdout)).toMatchObject({ sharedKeys: { records: 2000, replaced: 1997 } });
});

test('a watcher tells it once', async () => {
  const { folder, store, write } = await place({ 'a.ndjson': NDJSON });
  const { warnings, events } = eventsOf(store);
  const watcher = await store.watch(folder, { ...QUICK, key: 'type' });
  await until(() => warnings.length > 0);
  expect(warnings).toMatchObject([{ code: 'DUPLICATE_KEY', message: WARNING }]);
  write('a.ndjson', `${NDJSON}{"type":"d"}\n`);
  await until(() => events.filter(({ outcome }) => outcome === 'imported').length > 1);
  await watcher.close();
  expect(warnings).toHaveLength(1);
});
