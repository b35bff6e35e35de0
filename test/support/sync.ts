// Folders that change, stores that are kept up to date with them, and what a fresh import would hold.

import { appendFileSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { syncSources } from '../../dist/src/api/later.js';
import { type Memory, memory, openStore, type Store } from '../../dist/src/index.js';
import type { SyncOptions, SyncReport } from '../../dist/src/sources/sync.js';
import { files as onDisk } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { placeOf } from '../../dist/src/store/lock/memory-place.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { scratch } from './import-files.js';
import type { KINDS } from './import-store.js';
import { until } from './until.js';

/** Files under one directory, each change of which has a time of its own, long ago. */
export class Tree {
  readonly root = join(scratch(), 'files');
  #seconds = 1_000_000_000;

  constructor() {
    mkdirSync(this.root);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    this.touch(name);
  }

  append(name: string, text: string): void {
    appendFileSync(this.path(name), text);
    this.touch(name);
  }

  remove(name: string): void {
    rmSync(this.path(name));
  }

  touch(name: string): void {
    utimesSync(this.path(name), ++this.#seconds, this.#seconds);
  }

  bytes(name: string): number {
    return statSync(this.path(name)).size;
  }
}

export interface Synced {
  readonly store: Store;
  sync(sources: string | readonly string[], options?: SyncOptions): Promise<SyncReport>;
}

export async function syncedStore(kind: (typeof KINDS)[number]): Promise<Synced> {
  const where: string | Memory = kind === 'on disk' ? prepareStoreDirectory(join(scratch(), 'store'), true) : memory();
  const place = typeof where === 'string' ? { directory: where, blobs: onDisk } : placeOf(where);
  const catalog = await openRecovered(place, { create: true, readOnly: false });
  const store = await openStore(where);
  onTestFinished(async () => {
    await store.close();
    await catalog.close();
  });
  const target = { directory: place.directory, blobs: place.blobs, catalog };
  return {
    store,
    sync: async (sources, options) => {
      const paths = typeof sources === 'string' ? [sources] : sources;
      const report = await syncSources(target, paths, { workers: 1, allowEmpty: true, ...options });
      // Another catalog than the store's, as another process has one: reads may see it ten milliseconds late.
      const name = options?.collection ?? 'records';
      await until(() => {
        catalog.refresh();
        const stored = catalog.collection(name);
        return stored === undefined || store.collection(name).stat().generation === stored.generation;
      });
      return report;
    },
  };
}

/** Text by key; in order, where keys are positions. */
export async function contentOf(store: Store): Promise<unknown> {
  if (!store.collections().includes('records')) return {};
  const records = store.collection();
  const texts: string[] = [];
  for await (const { text } of records.scanText()) texts.push(text);
  if (records.stat().key === '(ordinal)') return texts;
  const found: [string, string][] = [];
  for await (const { key, text } of records.rangeText()) found.push([JSON.stringify(key), text]);
  expect(found.map(([, text]) => text).sort()).toEqual(texts.sort());
  return Object.fromEntries(found);
}

export async function freshly(sources: string | readonly string[], options: ImportOptions): Promise<unknown> {
  const store = await openStore(memory());
  try {
    await store.import(sources, options);
    return await contentOf(store);
  } catch (error) {
    if ((error as { code?: string }).code === 'SOURCE_EMPTY') return {};
    throw error;
  } finally {
    await store.close();
  }
}

/** Records as lines. */
export const linesOf = (records: readonly unknown[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');
