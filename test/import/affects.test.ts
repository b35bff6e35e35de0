// Goal: stores and journals know the options they were made with as text. That text stays what it was, or every watched
// folder would be imported anew, and no killed import be gone on with. Method: the texts of an earlier version.

import { expect, test } from 'vitest';
import { optionsThatAffect } from '../../src/import/options/affects.js';
import { resolveImportOptions } from '../../src/import/options/resolve.js';
import { IMPORT_OPTIONS } from '../../src/import/options/table.js';
import { rulesOf } from '../../src/sources/whole-import.js';

test('the rules of a synchronisation are the text that earlier versions stored', () => {
  expect(rulesOf(resolveImportOptions({}))).toBe(
    '{"indexes":[],"onDuplicate":"last","onBadRecord":"fail","recordBytesMax":268435456,"depthMax":1024}',
  );
  const options = { key: 'id', indexes: ['b', 'a'], select: '/x', layout: 'array', mode: 'insert' } as const;
  expect(rulesOf(resolveImportOptions({ ...options, onBadRecord: 'skip', maxBad: 7, depthMax: 9 }))).toBe(
    '{"key":"id","indexes":["a","b"],"select":"/x","shape":"array","onDuplicate":"error","onBadRecord":"skip","recordBytesMax":268435456,"depthMax":9}',
  );
});

test('every option says what it decides; those of a journal come in the order they always had', () => {
  const inJournal = Object.keys(optionsThatAffect(resolveImportOptions({}), 'records', 'import'));
  expect(inJournal).toEqual([
    ...['key', 'indexes', 'select', 'shape', 'mode', 'onDuplicate', 'onBadRecord', 'maxBad', 'maxBadRatio'],
    ...['level', 'spanBytes', 'recordBytesMax', 'depthMax'],
  ]);
  const later = Object.entries(IMPORT_OPTIONS).filter(([, row]) => 'isLater' in row);
  expect(later.map(([name]) => name)).toEqual([
    'uniqueIndexes',
    ...['onBadFile', 'include', 'exclude', 'dialect', 'nonfinite', 'onTruncated'],
    ...['codec', 'format', 'types', 'where', 'sample', 'transform', 'pick', 'omit', 'schemaVersion', 'validate'],
    'limit',
    'compression',
    'profile',
  ]);
  // Where they are given, an import with others does not resume.
  const given = optionsThatAffect(resolveImportOptions({ onBadFile: 'skip' }), 'records', 'import');
  expect(given).toMatchObject({ onBadFile: 'skip' });
  expect(() => resolveImportOptions({ onBadFile: 'ignore' as 'skip' })).toThrow('options.onBadFile');
  // Texts keep the older name of an option.
  const named = inJournal.map((name) => (name === 'shape' ? 'layout' : name));
  const known = [...named, ...later.map(([name]) => name)];
  const others = Object.keys(IMPORT_OPTIONS).filter((name) => !known.includes(name));
  expect(others).toEqual([
    'collection',
    'changes',
    'allowEmpty',
    'maxExpansion',
    'maxDecoderMemory',
    'workers',
    'access',
    'windowBytes',
    'wait',
    'resume',
  ]);
});
