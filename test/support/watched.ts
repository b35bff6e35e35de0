// Folders that are watched into stores, for the tests of watching.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type GristmillError, type memory, openStore, type Store, type StoreEvents } from '../../dist/src/index.js';
import type { WatchOptions } from '../../dist/src/watch/watch-options.js';
import { scratch } from './import-files.js';

export type WatchEvent = StoreEvents['watch'];

/** Quick enough for a test; what is left alone for so long counts as whole. */
export const QUICK: WatchOptions = { stabilityMs: 50, maxWaitMs: 200, pollMs: 50, workers: 1 };

/** A place with a folder to watch, and a store beside it. */
export async function place(files: Readonly<Record<string, string>> = {}, where?: ReturnType<typeof memory>) {
  const path = scratch();
  const folder = join(path, 'folder');
  mkdirSync(folder);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const open = async () => {
    const store = await openStore(where ?? join(path, 'store'));
    onTestFinished(() => store.close());
    return store;
  };
  return { path, folder, write, open, store: await open() };
}

/** What a store tells of watching from now on. */
export function eventsOf(store: Store) {
  const events: WatchEvent[] = [];
  const warnings: GristmillError[] = [];
  store.on('watch', (event) => events.push(event));
  store.on('warning', ({ error }) => warnings.push(error));
  return { events, warnings, last: () => events.at(-1) };
}

/** The text of a record, or undefined; for as long as there is no collection, too. */
export function textOf(store: Store, key: string | number): string | undefined {
  if (!store.collections().includes('records')) return undefined;
  return store.collection('records').getTextSync(key);
}
