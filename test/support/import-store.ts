// Whole imports through the built library, with real worker threads, into a store of the test's own.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Memory, memory, openStore, type Store } from '../../dist/src/index.js';
import type { ImportReport } from '../../src/base/import-report.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { filesOf, fileWith, scratch } from './import-files.js';

export const HAS_ZSTD = spawnSync('zstd', ['--version']).status === 0;

export interface TestStore {
  readonly store: Store;
  readonly directory: string;
  /** Imports sources given as text. */
  run(sources: string | Uint8Array | readonly (string | Uint8Array)[], options?: ImportOptions): Promise<ImportReport>;
  /** Texts of all live records of a collection, in source order. */
  texts(collection?: string): Promise<string[]>;
  /** All that must not change when an import fails: files, directories, collections, records. */
  state(): Promise<unknown>;
}

/** Where stores can be: the same suite runs over both. */
export const KINDS = ['on disk', 'in memory'] as const;

/** An empty store, closed and removed after the test. */
export async function testStore(kind: (typeof KINDS)[number] = 'on disk'): Promise<TestStore> {
  const opened = await (kind === 'on disk' ? openTestStore(scratch()) : openStoreIn(memory()));
  onTestFinished(() => opened.store.close());
  return opened;
}

/** An empty store in a directory of its own; close it. */
export function openTestStore(parent: string): Promise<TestStore> {
  return openStoreIn(join(parent, 'store'));
}

async function openStoreIn(where: string | Memory): Promise<TestStore> {
  const store = await openStore(where);
  const { directory } = store;
  const texts = async (collection = 'records'): Promise<string[]> => {
    const found: string[] = [];
    for await (const { text } of store.collection(collection).scanText()) found.push(text);
    return found;
  };
  return {
    store,
    directory,
    texts,
    run: (sources, options) => {
      const contents = typeof sources === 'string' || sources instanceof Uint8Array ? [sources] : sources;
      return store.import(
        contents.map((content) => fileWith(content)),
        { workers: 2, ...options },
      );
    },
    state: async () => {
      const collections = store.collections();
      const records: Record<string, string[]> = {};
      for (const name of collections) records[name] = await texts(name);
      const { generation, collections: stats } = store.stat();
      const files = where === directory ? filesOf(directory) : {};
      return { files, generation, stats, records };
    },
  };
}

/** Text of all shards of a store as an independent decoder prints it. */
export function zstdcat(directory: string): string {
  const shards = join(directory, 'shards');
  const files = readdirSync(shards).sort();
  const { stdout, stderr, status } = spawnSync('zstd', ['-dcq', ...files], { cwd: shards, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`zstd: ${stderr}`);
  return stdout.toString('utf8');
}
