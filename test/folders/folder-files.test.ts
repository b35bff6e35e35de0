// Goal: what an import makes of a folder is what JSON.parse makes of each file by itself; a file that is no JSON is a bad
// record, never two, and never reaches into the next; how files are batched does not show.
// Method: random trees of small documents, many of them damaged or made to look like two; the oracle parses file by file.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damaged, jsonTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { byBytes, folderOf, recordsOf } from '../support/folders.js';
import { KINDS, testStore } from '../support/import-store.js';
import { acceptedText, stripped } from '../support/oracle.js';

/** Paths that sort otherwise by characters than by bytes, and otherwise as folders than as names. */
const paths = fc
  .tuple(
    fc.constantFrom('', 'a/', 'a.b/', 'a!/', 'ａ/', '𝒳/', 'a/b/'),
    fc.constantFrom('1', 'a', '"', '\\', 'é', '𝒳', 'x y', '#0'),
  )
  .map(([folder, name]) => `${folder}${name}.json`);
/** A document, also one made to look like more, or like the end of the synthetic text around it. */
const documents = fc.oneof(
  { weight: 4, arbitrary: jsonTexts.map((text) => new Uint8Array(Buffer.from(text))) },
  { weight: 2, arbitrary: damaged(jsonTexts) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        jsonTexts,
        fc.constantFrom('}', ']', ',', ',"evil":2', '}}', ':1', ' \n\t ', '\u0000', '"', '#', ',{}', '\ufeff'),
      )
      .map(([text, rest]) => new Uint8Array(Buffer.from(text + rest))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', ' \n', '{', '{"a":', '"', '\ufeff{"a": 1}', '\ufeff', 'nul', '}')
      .map((text) => new Uint8Array(Buffer.from(text))),
  },
);

describe.each(KINDS)('%s', (kind) => {
  test('a file is what JSON.parse makes of it; values behind one another are numbered records', async () => {
    const tree = fc.uniqueArray(fc.tuple(paths, documents), { selector: ([path]) => path, maxLength: 24 });
    const limits = fc.record({
      spanBytes: fc.constantFrom(1, 40, 1 << 20),
      windowBytes: fc.constantFrom(1, 64, 1 << 16),
      workers: fc.constantFrom(1, 2),
    });
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(tree, limits, async (files, options) => {
        const expected: [string, string][] = [];
        let bad = 0;
        for (const [path, bytes] of [...files].sort(byBytes)) {
          const text = acceptedText(bytes.subarray(hasMark(bytes) ? 3 : 0), 1024);
          if (text === undefined) {
            // Only what JSON.parse accepts as a whole is one record; what else may be stored is a whole value by itself.
            bad++;
          } else if (text.trimStart().startsWith('[')) {
            elementsOf(text).forEach((element, i) => void expected.push([`${path}#${i}`, element]));
          } else expected.push([path, stripped(text)]);
        }
        if (files.length === 0) return;
        const root = folderOf(Object.fromEntries(files));
        const accepted = new Set(expected.map(([key]) => key));
        // The collection has what the run before left: a folder without records replaces that too.
        const run = tested.store.import(root, { ...options, onBadRecord: 'quarantine', allowEmpty: true });
        const outcome = await run.catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'TOO_MANY_BAD_RECORDS' });
          expect(expected).toEqual([]);
          return;
        }
        const found = await recordsOf(tested);
        expect(found.filter(([key]) => accepted.has(key as string))).toEqual([...expected].sort(byBytes));
        // Of files that are not one document: values, each by itself, under numbered names.
        for (const [key, text] of found.filter(([name]) => !accepted.has(name as string))) {
          const [, path] = /^(.*)#\d+$/su.exec(key as string) as RegExpExecArray;
          const bytes = files.find(([name]) => name === path)?.[1] as Uint8Array;
          expect(acceptedText(bytes.subarray(hasMark(bytes) ? 3 : 0), 1024)).toBeUndefined();
          expect(() => JSON.parse(text)).not.toThrow();
        }
        const { rejected, read, stored } = (outcome as { records: Record<string, number> }).records;
        expect(rejected).toBeGreaterThanOrEqual(0);
        expect(read).toBe((stored as number) + (rejected as number));
        if (bad === 0) expect(rejected).toBe(0);
      }),
      { numRuns: runs(kind === 'on disk' ? 6 : 40) },
    );
  });
});

function hasMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 3)).equals(Buffer.of(0xef, 0xbb, 0xbf));
}

/** Texts of the elements of an array, by an independent walk over its brackets and strings. */
function elementsOf(text: string): string[] {
  const line = stripped(text);
  const found: string[] = [];
  let [depth, from] = [0, 1];
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (c === '"') for (i++; line[i] !== '"'; i++) if (line[i] === '\\') i++;
    if (c === '[' || c === '{') depth++;
    if (c === ']' || c === '}') depth--;
    if ((c === ',' && depth === 1) || (depth === 0 && i === line.length - 1)) {
      if (i > from) found.push(line.slice(from, i));
      from = i + 1;
    }
  }
  return found;
}
