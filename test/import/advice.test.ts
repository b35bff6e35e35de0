// Goal: an error says what to do, and what it says works: a command that it gives does what it promises, an option that it
// names is the one that was meant.
// Method: sources cut at any byte, documents that wrap their records, other formats; the commands are run by a real shell, and
// what comes of them is compared with JSON.parse.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GristmillError, type ImportOptions, memory, openStore } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';

const OPTIONS = { config: false, hotSet: false } as const;
const INVISIBLE = /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** Imports a file into an empty store; what that says of it, and its records. */
async function imported(path: string, options = {}) {
  const store = await openStore(memory(), OPTIONS);
  try {
    const { warnings } = await store.import(path, { workers: 1, ...options });
    const records: unknown[] = [];
    for await (const { value: record } of store.collection().scan()) records.push(record);
    return { warnings, records };
  } finally {
    await store.close();
  }
}

const value = fc.oneof(fc.integer(), fc.string(), fc.array(fc.nat(), { maxLength: 3 }), fc.constant({ a: { b: [] } }));
const document = fc.oneof(
  fc.array(fc.record({ id: value }), { minLength: 4, maxLength: 8 }),
  fc.dictionary(fc.stringMatching(/^[a-z "\\]{1,5}$/), fc.record({ id: value }), { minKeys: 4, maxKeys: 8 }),
);
const blanks = fc.constantFrom<string | number | undefined>(undefined, 1, '\t');

test('an array or object that is not closed: the command gives all of its whole records', async () => {
  const folder = scratch();
  let given = 0;
  await fc.assert(
    fc.asyncProperty(document, blanks, fc.integer({ min: 0, max: 999 }), async (whole, space, share) => {
      const text = Buffer.from(JSON.stringify(whole, null, space));
      const bytes = Math.min(text.byteLength - 1, 1 + Math.floor((share / 1000) * text.byteLength));
      const path = join(folder, "it's cut.json");
      writeFileSync(path, text.subarray(0, bytes));
      const layout = Array.isArray(whole) ? 'array' : 'object';
      const error = await errorOf(imported(path, { layout })).catch(() => undefined);
      const [, command] = /make a copy with a closing bracket: (.*)$/s.exec(String(error?.message)) ?? [];
      if (command === undefined) return;
      given++;
      expect(error).toMatchObject({ code: 'SOURCE_TRUNCATED' });
      execFileSync('sh', ['-c', command]);
      const closed = readFileSync(`${path}.closed.json`, 'utf8');
      const parsed = JSON.parse(closed);
      const entries = Object.entries(whole);
      expect(Object.entries(parsed)).toEqual(entries.slice(0, Object.keys(parsed).length));
      // The next one is not all there.
      const next = entries[Object.keys(parsed).length];
      if (next !== undefined) {
        const more = Object.fromEntries(entries.slice(0, Object.keys(parsed).length + 1));
        const atLeast = JSON.stringify(Array.isArray(whole) ? Object.values(more) : more, null, space);
        expect(bytes).toBeLessThan(Buffer.byteLength(atLeast.trimEnd().slice(0, -1).trimEnd()));
      }
      expect((await imported(`${path}.closed.json`, { layout })).records).toEqual(Object.values(parsed));
    }),
    { numRuns: runs(150) },
  );
  // About two of three; some are cut where nothing is whole.
  expect(given).toBeGreaterThan(runs(150) / 10);
});

test('no command where the container is inside another value, or nothing of it is whole', async () => {
  for (const [text, options] of [
    ['{"a":[{"id":1},{"id":2},{', { select: '/a' }],
    ['[{"id":', {}],
  ] as const) {
    const { code, message } = await errorOf(imported(fileWith(text), options));
    expect([code, message]).toEqual(['SOURCE_TRUNCATED', expect.not.stringContaining('head -c')]);
  }
});

const items = Array.from({ length: 20 }, (_, id) => ({ id, tags: [{ name: 'x' }] }));

test.each<[string, unknown, string]>([
  ['a page of an interface', { page: 1, items }, '/items'],
  ['further inside', { meta: { next: [{ a: 1 }] }, data: { rows: items } }, '/data/rows'],
  ['with a name that a pointer escapes', { 'a/b~': items }, '/a~1b~0'],
])('a wrapper document, %s: the warning names the array inside', async (_name, wrapper, pointer) => {
  for (const text of [JSON.stringify(wrapper), `${JSON.stringify(wrapper)}\n`, JSON.stringify(wrapper, null, 2)]) {
    const path = fileWith(text);
    const { warnings } = await imported(path);
    expect(warnings).toEqual([expect.stringContaining(`give option select: '${pointer}'`)]);
    const again = await imported(path, { select: pointer });
    expect(again).toEqual({ warnings: [], records: items });
  }
});

test('a record that merely has a list gets no such advice, and neither do many records', async () => {
  for (const text of [
    JSON.stringify({ id: 1, text: 'x'.repeat(3000), items }),
    items.map((item) => JSON.stringify({ item, items })).join('\n'),
  ]) {
    expect((await imported(fileWith(text))).warnings).toEqual([]);
  }
});

test('a key that is a name with a dot', async () => {
  const path = fileWith('[{"@odata.id":"x","a":{"b.c":1}}]');
  for (const [key, pointer] of [
    ['@odata.id', '/@odata.id'],
    ['a.b.c', '/a/b.c'],
  ] as const) {
    const error = await errorOf(imported(path, { key }));
    expect(error).toMatchObject({
      reason: 'KEY_MISSING',
      message: expect.stringContaining(`option key: '${pointer}'`),
    });
    expect((await imported(path, { key: pointer })).records).toHaveLength(1);
  }
});

const LINES = '{"id":1}\n{"id":2}\n';

test.each<[string, Uint8Array, string, ImportOptions?]>([
  ['compressed twice', gzipSync(gzipSync(LINES)), 'gzip'],
  ['a text sequence', Buffer.from(LINES.replaceAll('{', '\u001e{')), 'text sequence', { dialect: 'json5' }],
  ['zeros and then lines', Buffer.concat([Buffer.alloc(5000), Buffer.from(LINES)]), 'zero bytes'],
])('another format, %s: the command makes JSON of it', async (_name, bytes, what, options) => {
  const path = fileWith(bytes, 'some file.dump');
  const { code, message } = await errorOf(imported(path, { onBadRecord: 'quarantine', ...options }));
  expect([code, message]).toEqual(['SOURCE_NOT_JSON', expect.stringContaining(what)]);
  const [, command] = /: ([^:]*)$/.exec(String(message)) as RegExpExecArray;
  execFileSync('sh', ['-c', command as string]);
  expect((await imported(`${path}.plain`)).records).toEqual([{ id: 1 }, { id: 2 }]);
});

test('what cannot be seen is escaped in the snippet of an error', async () => {
  for (const character of [
    '\u00a0',
    '\u2003',
    '\u3000',
    '\u200b',
    '\ufe0f',
    '\u3164',
    '\u034f',
    '\u{e0100}',
    '\u2028',
  ]) {
    const error = await errorOf(imported(fileWith(`{"id":1,${character}"b":2}`)));
    expect(error).toMatchObject({ code: 'BAD_RECORD', offset: 8 });
    expect(String(error.snippet)).toContain(`\\u`);
    expect(INVISIBLE.test(String(error.snippet))).toBe(false);
  }
});

test('an error has the fields that it has facts for, and no others', async () => {
  const errors = await Promise.all([
    errorOf(imported('/nowhere')),
    errorOf(imported(fileWith('[1,'))),
    errorOf(imported(fileWith('{"a":1}'), { key: 'id' })),
    errorOf(openStore('/nowhere', { ...OPTIONS, create: false })),
  ]);
  for (const error of errors as unknown as GristmillError[]) {
    expect(error.name).toBe('GristmillError');
    for (const name of Object.getOwnPropertyNames(error))
      expect([name, error[name as 'code']]).not.toEqual([name, undefined]);
  }
});
