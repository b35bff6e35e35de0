// Goal: an error about an encrypted store says where, but shows no text of sources, records or keys; one about a plain store
// does, also when an encrypted store was open before.
// Method: the errors that show text elsewhere are provoked, and message, fields and causes are searched for words of the source.

import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { openStore, type Store } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { ENCRYPTED, newStore } from '../support/sealed.js';

const WORD = 'qzxsecretv';
const two = `{"id":"${WORD}","u":"${WORD}x"}\n`;

type Step = (store: Store) => Promise<unknown>;
const importing =
  (text: string, options: ImportOptions = {}, name = 'source.json'): Step =>
  (store) =>
    store.import(fileWith(text, name), { workers: 1, ...options });

const STEPS: readonly (readonly [string, string, Step])[] = [
  ['a bad record', 'BAD_RECORD', importing(`{"id":1}\n{"id":"${WORD}",oops}\n`, { layout: 'ndjson' })],
  [
    'a bad record, in a thread',
    'BAD_RECORD',
    importing(`{"id":1}\n{"id":"${WORD}",oops}\n`.repeat(9), { layout: 'ndjson', spanBytes: 64 }),
  ],
  ['no JSON', 'SOURCE_NOT_JSON', importing(`${WORD}\n`)],
  [
    'too many bad records',
    'TOO_MANY_BAD_RECORDS',
    importing(`{"${WORD}":1}\n`.repeat(9), { key: 'id', onBadRecord: 'skip' }),
  ],
  ['no key', 'BAD_RECORD', importing(`{"${WORD}":"${WORD}"}\n`, { key: 'id' })],
  ['a record cut off', 'SOURCE_TRUNCATED', importing(`[{"${WORD}":"${WORD}`)],
  ['equal keys', 'DUPLICATE_KEY', importing(two + two, { key: 'id', onDuplicate: 'error' })],
  [
    'a unique index',
    'UNIQUE_VIOLATION',
    importing(`${two}{"id":"${WORD}y","u":"${WORD}x"}\n`, { key: 'id', uniqueIndexes: ['u'], indexes: ['u'] }),
  ],
  [
    'equal keys in the store',
    'DUPLICATE_KEY',
    async (store) => {
      await importing(two, { key: 'id' })(store);
      return importing(two, { key: 'id', mode: 'insert', onDuplicate: 'error' })(store);
    },
  ],
  ['a column', 'SOURCE_BAD_HEADER', importing(`${WORD},${WORD}\n1,2\n`, {}, 'source.csv')],
  ['a line of a bulk file', 'SOURCE_NOT_JSON', importing(`{"${WORD}":{}}\n{}\n`, { format: 'es-bulk' })],
  ['a place that does not exist', 'SELECT_NOT_FOUND', importing(`{"${WORD}":[1]}`, { select: '/missing' })],
  [
    'a stored record that a schema would not allow',
    'SCHEMA_VIOLATION',
    async (store) => {
      await importing(two, { key: 'id' })(store);
      return store.setSchema('records', { properties: { u: { maxLength: 1 } } });
    },
  ],
  [
    'a transaction against a schema',
    'SCHEMA_VIOLATION',
    async (store) => {
      await importing(two, { key: 'id' })(store);
      await store.setSchema('records', { additionalProperties: { type: 'string' } });
      return store.collection().put({ id: 'other', [WORD]: 1 });
    },
  ],
  [
    'a transaction on a unique value',
    'UNIQUE_VIOLATION',
    async (store) => {
      await importing(two, { key: 'id', indexes: ['u'], uniqueIndexes: ['u'] })(store);
      return store.collection().put({ id: 'other', u: `${WORD}x` });
    },
  ],
];

/** What the step fails with, causes too. */
async function failureOf(step: Step, store: Store): Promise<{ readonly code: string; readonly all: string }> {
  try {
    await step(store);
  } catch (error) {
    return { code: (error as { code: string }).code, all: inspect(error, { depth: 9 }) };
  }
  throw new Error('nothing failed');
}

test.each(STEPS)('%s', async (_, code, step) => {
  const sealed = await newStore(ENCRYPTED);
  const withheld = await failureOf(step, sealed);
  expect(withheld.code).toBe(code);
  expect(withheld.all).not.toContain(WORD);
  await sealed.close();
  const plain = await openStore(sealed.directory.replace(/store$/, 'plain'));
  const shown = await failureOf(step, plain);
  await plain.close();
  expect(shown.code).toBe(code);
  expect(shown.all).toContain(WORD);
});
