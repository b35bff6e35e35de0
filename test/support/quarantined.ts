// A store with rejected records, for the tests of the quarantine.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { openStore } from '../../dist/src/index.js';
import { scratch } from './import-files.js';

export const TEXT = '{"id":1}\n\n{"id":2,"n":01}\n{"id":3}\n{"name":"no key"}\n';

/** Imports a text with bad records. */
export async function quarantined(text = TEXT, options: ImportOptions = { key: 'id' }) {
  const path = scratch();
  const source = join(path, 'users.ndjson');
  writeFileSync(source, text);
  const directory = join(path, 'store');
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  const report = await store.import(source, { workers: 1, onBadRecord: 'quarantine', ...options });
  const records = async (name = report.quarantine as string) => {
    const found = [];
    for await (const record of store.quarantine.records(name)) found.push(record);
    return found;
  };
  return { path, source, directory, store, report, records };
}
