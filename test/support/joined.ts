// Stores of many small shards, what they must hold, and what is looked at in their files.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { CLI } from './cli.js';
import { all } from './dropped-shards.js';
import { fileWith, scratch } from './import-files.js';
import { textsOf } from './rows.js';

export const shardFiles = (directory: string): string[] => readdirSync(join(directory, 'shards')).sort();

/** The lines of a file as the tool zstd gives them. */
export const zstdLines = (directory: string, file: string): string[] =>
  execFileSync('zstd', ['-dcq', join(directory, 'shards', file)], { encoding: 'utf8' })
    .split('\n')
    .slice(0, -1);

export const textOf = (id: number, edition = 0): string => JSON.stringify({ id, tag: id % 3, edition });

interface Small {
  /** Records of each import. Default 3. */
  readonly each?: number;
  /** The id of the first. Default 0. */
  readonly from?: number;
  readonly edition?: number;
  /** Default: the index `tag`. */
  readonly indexes?: readonly string[];
  /** The directory for their sources. */
  readonly sources?: string;
}

/** Imports of a few records, a shard each. @returns their texts in order */
export async function smallImports(store: Store, count: number, small: Small = {}): Promise<string[]> {
  const { each = 3, from = 0, edition = 0, indexes = ['tag'], sources = scratch() } = small;
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const some = Array.from({ length: each }, (_, n) => textOf(from + i * each + n, edition));
    const source = fileWith(some.join('\n'), 'source.ndjson', sources);
    await store.import(source, { key: 'id', indexes, mode: 'upsert', layout: 'ndjson', workers: 1 });
    texts.push(...some);
  }
  return texts;
}

/** Open until the test ends. */
export const open = async (directory: string): Promise<Store> => {
  const store = await openStore(directory, { hotSet: false });
  onTestFinished(() => store.close());
  return store;
};

/** In every way. */
export async function expectHolds(store: Store, texts: readonly string[]): Promise<void> {
  const collection = store.collection<{ id: number }>();
  expect((await all(collection.scanText(), ({ text }) => text)).sort()).toEqual([...texts].sort());
  for (const text of texts) expect(collection.getTextSync(JSON.parse(text).id)).toBe(text);
  for (const tag of [0, 1, 2]) {
    const tagged = texts.filter((text) => JSON.parse(text).tag === tag).sort();
    expect((await all(textsOf(collection.findText('tag', tag)), (text) => text)).sort()).toEqual(tagged);
  }
}

/** Compacts in a process of its own, with a failpoint armed. */
export function compactWith(directory: string, failpoint: string) {
  return spawnSync(process.execPath, [CLI, 'compact', '--store', directory], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: failpoint },
  });
}

export async function expectSound(store: Store): Promise<void> {
  const { faults, leftovers } = await store.verify({ workers: 1 });
  expect({ faults, leftovers }).toEqual({ faults: [], leftovers: { trees: [], files: [], temporary: [] } });
}
