// Folders that change, stores that are kept up to date with them, and what a fresh import would hold.

import { appendFileSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { syncSources } from '../../dist/src/api/later.js';
import { type Memory, memory, openStore, type Store } from '../../dist/src/index.js';
import type { SyncOptions, SyncReport } from '../../dist/src/sources/sync.js';
import type { StorePlace } from '../../dist/src/store/files/blobs.js';
import { files as onDisk } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { placeOf } from '../../dist/src/store/lock/memory-place.js';
import { openPlace, openRecovered } from '../../dist/src/store/lock/recovery.js';
import { forget } from '../../dist/src/store/ring/ring.js';
import type { Catalog } from '../../dist/src/store/types.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { optionsOf, STORE_KEY } from './hidden-store.js';
import { scratch } from './import-files.js';
import { KINDS } from './import-store.js';
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

/** Where synchronised stores can be; those with hidden keys are encrypted. */
export const SYNC_KINDS = [...KINDS, 'on disk, keys hidden'] as const;

export async function syncedStore(kind: (typeof SYNC_KINDS)[number]): Promise<Synced> {
  if (kind === 'on disk, keys hidden') return hiddenStore();
  const where: string | Memory = kind === 'on disk' ? prepareStoreDirectory(join(scratch(), 'store'), true) : memory();
  const place = typeof where === 'string' ? { directory: where, blobs: onDisk } : placeOf(where);
  const catalog = await openRecovered(place, { create: true, readOnly: false });
  const store = await openStore(where);
  onTestFinished(async () => {
    await store.close();
    await catalog.close();
  });
  return synced(store, { directory: place.directory, blobs: place.blobs, catalog });
}

/** An encrypted store, whose keys are hidden. */
async function hiddenStore(): Promise<Synced> {
  const directory = join(scratch(), 'store');
  const { place, catalog } = await openPlace(directory, {
    create: true,
    readOnly: false,
    encryption: { key: STORE_KEY },
  });
  const store = await openStore(directory, optionsOf('hidden'));
  onTestFinished(async () => {
    await store.close();
    await catalog.close();
    forget(place.seal!);
  });
  return synced(store, { ...place, catalog });
}

function synced(store: Store, target: StorePlace & { readonly catalog: Catalog }): Synced {
  const { catalog } = target;
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

/** Text by key; in order, where keys are positions. @param hidesKeys whether ranges are refused */
export async function contentOf(store: Store, hidesKeys = false): Promise<unknown> {
  if (!store.collections().includes('records')) return {};
  const records = store.collection();
  const texts: string[] = [];
  const scanned: [string, string][] = [];
  const { key: path } = records.stat();
  for await (const { primaryKey, text } of records.scanText()) {
    texts.push(text);
    scanned.push([JSON.stringify(primaryKey), text]);
  }
  if (path === '(ordinal)') return texts;
  const found = hidesKeys ? scanned : [];
  if (hidesKeys) for (const [key, text] of found) expect(records.getTextSync(JSON.parse(key))).toBe(text);
  else for await (const { key, text } of records.rangeText()) found.push([JSON.stringify(key), text]);
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
