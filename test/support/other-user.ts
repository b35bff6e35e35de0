// A second user, and stores that are given to it. Only root can do that.

import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';
import { scratch } from './import-files.js';

export const OTHER = 65_534;
export const isRoot = process.getuid?.() === 0;

/** A store with one record, and its source beside it. */
export async function newStore(): Promise<string> {
  const path = join(scratch(), 'store');
  writeFileSync(`${path}.ndjson`, '{"id":1}\n');
  const store = await openStore(path, { config: false, hotSet: false });
  await store.import(`${path}.ndjson`, { key: 'id', workers: 1 });
  await store.close();
  return path;
}

/** Gives a store to another user, with all in it. */
export function give(store: string, uid = OTHER): void {
  for (const name of ['', ...readdirSync(store, { recursive: true, encoding: 'utf8' })])
    chownSync(join(store, name), uid, uid);
}
