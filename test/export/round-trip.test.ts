// Goal: what is exported and imported again is what it was, byte for byte, in every form and codec that keeps everything.
// Method: random records, keys and names, in stores in memory and on disk, some of them changed by transactions; the export is
// a file that an import reads. The oracle is the text that the first store gives.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { exported, textsIn } from '../support/exported.js';
import { scratch } from '../support/import-files.js';

/** A value as text, with spellings that JSON.parse and JSON.stringify would change. */
const anyValue = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('1.50', '-0', '1e400', '9007199254740993', '"\\u00e4\\ud800\\/"', '{"a":1,"a":2}', '""', '[]'),
);
const anyText = fc.oneof(
  fc.string(),
  fc.constantFrom('..', '/', 'A', 'a', '', '1', '"1"', 'con', '.x', 'e\u0301', 'é'),
);
const anyKey = fc.oneof(anyText, fc.integer());
const anyPacking = fc.constantFrom(
  { compress: 'none' as const },
  { compress: 'gz' as const },
  { compress: 'br' as const, level: 1 },
  { compress: 'zst' as const },
  { compress: 'zst' as const, level: 1 },
  { compress: 'zst' as const, singleFrame: true },
);

const ENDINGS = { none: '', gz: '.gz', br: '.br', zst: '.zst' } as const;

/** A store of these lines, the last of which come by transactions. */
async function storeOf(lines: readonly string[], changed: number): Promise<Store> {
  const store = await openStore(memory());
  const file = join(scratch(), 'source.ndjson');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  await store.import(file, { key: 'k' });
  for (const line of lines.slice(0, changed)) await store.collection('records').putText(line);
  return store;
}

async function imported(source: string, options: object): Promise<Store> {
  const store = await openStore(memory());
  await store.import(source, options);
  return store;
}

const anyLines = fc
  .uniqueArray(fc.tuple(anyKey, anyValue), { selector: ([key]) => JSON.stringify(key), minLength: 1, maxLength: 12 })
  .map((rows) => rows.map(([key, value]) => `{"k":${JSON.stringify(key)},"v":${compact(value)}}`));

/** Records are stored without white space between tokens. */
function compact(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}

test('lines, arrays and objects by key, with every codec', async () => {
  const anyForm = fc.constantFrom('ndjson' as const, 'array' as const, 'json' as const, 'object' as const);
  const property = fc.asyncProperty(
    anyLines,
    fc.nat(3),
    anyForm,
    anyPacking,
    async (lines, changed, format, packing) => {
      const store = await storeOf(lines, changed);
      const texts = await textsIn(store.collection('records'));
      const bytes = await exported(store.collection('records'), { format, ...packing });
      const file = join(scratch(), `export.${format === 'ndjson' ? 'ndjson' : 'json'}${ENDINGS[packing.compress]}`);
      writeFileSync(file, bytes);
      const again = await imported(file, { key: 'k', layout: format === 'object' ? 'object' : undefined });
      expect(await textsIn(again.collection('records'))).toEqual(texts);
      if (format !== 'object') {
        const before = await exported(store.collection('records'));
        expect(await exported(again.collection('records'))).toEqual(before);
      }
      await Promise.all([store.close(), again.close()]);
    },
  );
  await fc.assert(property, { numRuns: runs(120) });
});

test('an object with its names', async () => {
  const anyMembers = fc.uniqueArray(fc.tuple(anyText, anyValue), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 9,
  });
  const property = fc.asyncProperty(anyMembers, anyPacking, async (members, packing) => {
    const texts = members.map(([name, value]) => `${JSON.stringify(name)}:${compact(value)}`);
    const source = join(scratch(), 'source.json');
    writeFileSync(source, `{${texts.join(',')}}`);
    const store = await imported(source, { layout: 'object' });
    const file = join(scratch(), `export.json${ENDINGS[packing.compress]}`);
    writeFileSync(file, await exported(store.collection('records'), { format: 'json', ...packing }));
    const again = await imported(file, { layout: 'object' });
    const all = (await exported(store.collection('records'))).toString();
    expect((await exported(again.collection('records'))).toString()).toBe(all);
    await Promise.all([store.close(), again.close()]);
  });
  await fc.assert(property, { numRuns: runs(60) });
});

test('a folder of files, whatever the keys are', async () => {
  const anyName = fc.constantFrom(undefined, '{hash:2}/{key}.json', '{n}.json', 'a/{hash:1}-{n}.json');
  const property = fc.asyncProperty(anyLines, fc.nat(3), anyName, async (lines, changed, name) => {
    const store = await storeOf(lines, changed);
    const texts = await textsIn(store.collection('records'));
    const folder = join(scratch(), 'files');
    expect((await store.collection('records').exportFiles(folder, { name })).files).toBe(texts.length);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const found = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(found.toSorted()).toEqual(texts.toSorted());
    const again = await imported(folder, { key: 'k' });
    expect((await textsIn(again.collection('records'))).toSorted()).toEqual(texts.toSorted());
    await Promise.all([store.close(), again.close()]);
  });
  await fc.assert(property, { numRuns: runs(60) });
});
