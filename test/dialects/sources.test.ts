// Goal: text sequences (RFC 7464), arrays without brackets, sources that are cut off and numbers that JSON does not have give the
// same records as plain JSON does; what is missing is counted and named, and never silently lost.
// Method: sources made of JSON texts, cut at every byte, against JSON.parse; from files, streams and folders.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { losslessTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { makeDirectory } from '../support/import-files.js';

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

async function imported(source: ImportSource, options: ImportOptions = {}) {
  const store = await openStore(memory());
  try {
    const { records: counts, layout, warnings } = await store.import(source, options);
    const texts: string[] = [];
    for await (const { text } of store.collection('records').scanText()) texts.push(text);
    const raw: string[] = [];
    for (const { name } of await store.quarantine.files()) {
      for await (const one of store.quarantine.records(name)) raw.push(one.text);
    }
    return { counts, layout, texts, warnings, raw };
  } catch (error) {
    const { code, message, offset } = error as Record<string, string>;
    return { code, message, offset };
  } finally {
    await store.close();
  }
}

function fileOf(text: string | Uint8Array, name = 'source.json'): string {
  const path = join(directory.path, name);
  writeFileSync(path, text);
  return path;
}

const compact = (text: string): string => JSON.stringify(JSON.parse(text));
const compacted = (texts: readonly string[] | undefined) => texts?.map(compact);

describe('text sequences', () => {
  test('have the records that their texts are', async () => {
    const sizes = fc.constantFrom({ spanBytes: 30, windowBytes: 7 }, { spanBytes: 1 << 20, windowBytes: 64 });
    await fc.assert(
      fc.asyncProperty(fc.array(losslessTexts, { minLength: 1, maxLength: 6 }), sizes, async (all, some) => {
        const text = all.map((one) => `\x1e${one}\n`).join('');
        const fromFile = await imported(fileOf(text), some);
        expect(compacted(fromFile.texts)).toEqual(all.map(compact));
        expect(fromFile.layout).toBe('values');
        const fromGzip = await imported(fileOf(gzipSync(text), 'source.json.gz'), some);
        expect(fromGzip.texts).toEqual(fromFile.texts);
      }),
      { numRuns: runs(15) },
    );
  });

  test.each([
    ['a text that the next one cuts off', '\x1e{"a":\x1e{"a":1}\n', ['{"a":1}'], ['{"a":']],
    ['a string that the next one cuts off', '\x1e"abc\x1e["d"]\n', ['["d"]'], ['"abc']],
    ['a number that may go on', '\x1e12\x1e34\n', ['34'], ['12']],
    ['a number at the end', '\x1e1\n\x1e23', ['1'], ['23']],
    ['empty texts', '\x1e\x1e\n\x1e1\n\x1e', ['1'], []],
    ['no line feeds but after words', '\x1e{}\x1e[]\x1e""\x1etrue \x1e', ['{}', '[]', '""', 'true'], []],
  ])('%s', async (_name, text, texts, raw) => {
    expect(await imported(fileOf(text), { onBadRecord: 'quarantine' })).toMatchObject({ texts, raw });
  });

  test('in folders and named lines, too', async () => {
    const folder = folderOf({ 'a.json': '\x1e{"a":1}\n', 'b.jsonl': '\x1e{"a":2}\n\x1e{"a":3}\n' });
    expect((await imported(folder)).texts).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
  });

  test('are refused with a reason where they cannot be read', async () => {
    expect((await imported(fileOf('\x1e1\n'), { dialect: 'json5' })).message).toContain('RFC 7464');
  });
});

describe('arrays without brackets', () => {
  test.each([
    ['lines that end with commas', '{"a":1},\n{"a":2},\n', ['{"a":1}', '{"a":2}']],
    ['no comma after the last one', '{"a":1},\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
    ['a number at the end', '1,2', ['1', '2']],
    ['the closing bracket', '1,\n2\n]\n', ['1', '2']],
    ['rows that are arrays', '[1,2],\n[3],\n', ['[1,2]', '[3]']],
  ])('%s', async (_name, text, texts) => {
    const sources = [fileOf(text), fileOf(gzipSync(text), 'source.gz'), folderOf({ 'a.json': text })];
    for (const source of sources) expect((await imported(source, { layout: 'elements' })).texts).toEqual(texts);
    expect((await imported(fileOf(text), { layout: 'elements', spanBytes: 5, windowBytes: 3 })).texts).toEqual(texts);
  });

  test('are refused where something follows their closing bracket, or the last record is not whole', async () => {
    expect(await imported(fileOf('1,2] 3'), { layout: 'elements' })).toMatchObject({ code: 'SOURCE_TRAILING_BYTES' });
    expect(await imported(fileOf('{"a":1},{"a":'), { layout: 'elements' })).toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });
});

describe('sources that are cut off', () => {
  const all = ['{"id":1,"t":"a,]}"}', '{"id":2}', '[3]', '"}"', '12.5', 'true'];
  const sources = {
    array: `[${all.join(', ')}]`,
    object: `{${all.map((text, i) => `"${i}":${text}`).join(',')}}`,
    ndjson: `${all.join('\n')}\n`,
    values: all.join(' '),
  } as const;

  /** Whether the text is what is left of a record. A number may be part of a longer one, unless white space follows. */
  function wholeOf(layout: keyof typeof sources, text: string): number {
    let count = 0;
    for (let end = 0, at = 0; ; count++) {
      const one = all[count];
      at = one === undefined ? -1 : sources[layout].indexOf(layout === 'object' ? `:${one}` : one, end);
      if (one === undefined) return count;
      end = at + (layout === 'object' ? 1 : 0) + one.length;
      if (end > text.length) return count;
      const mayContinue = (layout === 'array' || layout === 'object') && one === '12.5' && end === text.length;
      if (mayContinue) return count;
    }
  }

  test.each(['array', 'object', 'ndjson', 'values'] as const)(
    '%s: the whole records are kept, cut at every byte',
    async (layout) => {
      const source = sources[layout];
      for (let cut = 0; cut < source.length; cut += 1) {
        const text = source.slice(0, cut);
        const file = fileOf(text);
        const {
          texts = [],
          warnings,
          counts,
          code,
        } = await imported(file, { layout, onTruncated: 'keep', allowEmpty: true });
        // Nothing of it is there, or the only record is not whole.
        if (code !== undefined) {
          expect(['SOURCE_EMPTY', 'SOURCE_TRUNCATED', 'TOO_MANY_BAD_RECORDS', 'SOURCE_NOT_JSON']).toContain(code);
          expect(wholeOf(layout, text)).toBe(0);
          continue;
        }
        // A number at the end of lines and of values is whole, as without the option.
        expect([text, texts.length]).toEqual([text, expectedCount(layout, text)]);
        expect(counts!.read).toBe(texts.length + counts!.rejected);
        const mustWarn = layout === 'array' || layout === 'object' || counts!.rejected > 0;
        expect(warnings?.filter((one) => one.includes('is cut off'))).toHaveLength(mustWarn ? 1 : 0);
        if (mustWarn && cut > 1) expect(warnings!.join()).toContain(`ends at byte ${cut}`);
      }
    },
  );

  function expectedCount(layout: keyof typeof sources, text: string): number {
    if (layout === 'array' || layout === 'object') return wholeOf(layout, text);
    return text.split(layout === 'ndjson' ? '\n' : ' ').filter(isJson).length;
  }

  function isJson(text: string): boolean {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }

  test('the same in a stream, compressed, in a folder and in small spans', async () => {
    const text = sources.array.slice(0, 29);
    const options = { onTruncated: 'keep', onBadRecord: 'quarantine' } as const;
    const expected = { texts: [all[0]], raw: ['{"id":2'] };
    expect(await imported(fileOf(text), options)).toMatchObject(expected);
    expect(await imported(fileOf(gzipSync(text), 'c.json.gz'), options)).toMatchObject(expected);
    expect(await imported(fileOf(text), { ...options, spanBytes: 10, windowBytes: 5 })).toMatchObject(expected);
    expect(await imported(folderOf({ 'a.json': text }), options)).toMatchObject(expected);
    const stream = (async function* () {
      yield text;
    })();
    expect(await imported(stream, options)).toMatchObject(expected);
  });

  test('fail by default, and the message names the option', async () => {
    const { code, message } = await imported(fileOf('[1,2'));
    expect(code).toBe('SOURCE_TRUNCATED');
    expect(message).toContain("onTruncated: 'keep'");
  });

  test('an empty file of a folder is not cut off', async () => {
    const folder = folderOf({ 'a.json': '1', 'b.json': '' });
    expect(await imported(folder, { onTruncated: 'keep' })).toMatchObject({ code: 'BAD_RECORD' });
  });

  test('a compressed file that is cut off is refused', async () => {
    const whole = gzipSync('[1,2');
    const file = fileOf(whole.subarray(0, whole.length - 4), 'cut.json.gz');
    expect(await imported(file, { onTruncated: 'keep' })).toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });
});

describe('numbers that JSON does not have', () => {
  test.each([
    ['null', [null, null, null, 1]],
    ['string', ['NaN', 'Infinity', '-Infinity', 1]],
  ] as const)('become %s, in documents with records inside too', async (nonfinite, values) => {
    const text = '{"n": NaN, "items": [NaN, Infinity, -Infinity, 1], "m": -Infinity}';
    const { texts } = await imported(fileOf(text), { nonfinite, select: '/items' });
    expect(texts?.map((one) => JSON.parse(one) as unknown)).toEqual(values);
    expect((await imported(fileOf(text), { nonfinite })).texts).toHaveLength(1);
  });

  test('make a record bad by default, and the message names the option', async () => {
    const { code, message } = await imported(fileOf('[1,NaN]'));
    expect(code).toBe('BAD_RECORD');
    expect(message).toContain('option nonfinite');
  });
});
