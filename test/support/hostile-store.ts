// A store with one of everything, made by imports and transactions; and copies of it in which something is hostile.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { MetaKind, seal, unseal } from '../../src/store/catalog/values.js';
import type { ShardEntry } from '../../src/store/types.js';
import { makeHostileIndex } from './hostile-pages.js';
import { makeHostile, type ShardFacts } from './hostile-shards.js';
import { type Outcome, tryAll } from './hostile-trial.js';
import { makeDirectory } from './import-files.js';
import { pick, randomFrom } from './random.js';
import { openRawIndex } from './raw-catalog.js';

const RECORDS = 3000;

/** Makes the store that all cases are copies of, in `directory`. */
async function makeTemplate(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const record = (id: number): string =>
    JSON.stringify({ id, tags: [`t${id % 7}`], name: `n${id}`, filler: 'f'.repeat(id % 90) });
  const source = join(directory, 'records.ndjson');
  writeFileSync(source, `${Array.from({ length: RECORDS }, (_, id) => record(id)).join('\n')}\n`);
  const named = join(directory, 'named.json');
  writeFileSync(named, JSON.stringify(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, { i }]))));
  const store = await openStore(join(directory, 'store'), { hotSet: false });
  const options = { collection: 'records', key: 'id', indexes: ['tags'], workers: 1 } as const;
  await store.import(source, { ...options, spanBytes: 1 << 16 });
  await store.import(named, { collection: 'named', layout: 'object', workers: 1 });
  // Holes, tombstones of a file, and an inline shard.
  await store.transaction((transaction) => {
    for (let id = 0; id < 400; id += 3) transaction.collection('records').delete(id);
  });
  await store.compact({ minDeadShare: 0.1, joinBytes: 0 });
  await store.transaction((transaction) => {
    const records = transaction.collection('records');
    for (let id = 1; id < RECORDS; id += 400) records.delete(id);
    for (let id = 0; id < 30; id++) records.put(JSON.parse(record(id)));
  });
  await store.close();
  rmSync(source);
  rmSync(named);
}

export type Kind = 'shard' | 'trusted shard' | 'index';
/** `shard`: found by repair without a catalog; `trusted shard`: the catalog says what the file says. */
export const KINDS: readonly Kind[] = ['shard', 'trusted shard', 'index'];

/** For all tests of a file: makes the template, and removes everything. @returns `tryHostile` with it */
export function hostileStores(): (kind: Kind, seed: number) => ReturnType<typeof tryHostile> {
  let directory: ReturnType<typeof makeDirectory>;
  const template = () => join(directory.path, 'template');
  beforeAll(() => {
    directory = makeDirectory();
    return makeTemplate(template());
  });
  afterAll(() => directory.remove());
  return (kind, seed) => tryHostile(template(), join(directory.path, 'trial'), kind, seed);
}

/** One hostile store and all that can be done with it. */
async function tryHostile(
  template: string,
  scratch: string,
  kind: Kind,
  seed: number,
): Promise<Outcome & { change: string }> {
  const random = randomFrom(seed);
  const directory = join(scratch, 'store');
  const work = pick(random, ['read', 'change', 'repair'] as const);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  cpSync(join(template, 'store'), directory, { recursive: true });
  let change: string;
  if (kind === 'index') change = await makeHostileIndex(directory, random);
  else {
    const file = pick(random, readdirSync(join(directory, 'shards')));
    const path = join(directory, 'shards', file);
    const hostile = makeHostile(path, random);
    change = hostile.change;
    if (kind === 'shard') rmSync(join(directory, 'index'), { recursive: true });
    else await believe(directory, file, { ...hostile.facts!, path });
  }
  const outcome = await tryAll(directory, kind === 'shard' ? 'repair' : work);
  return { ...outcome, change: `seed ${seed}, ${kind}, ${work}: ${change}` };
}

/** Has the catalog say of a file what the file says, as far as its numbers are numbers of anything. */
async function believe(
  directory: string,
  file: string,
  { path, ...facts }: ShardFacts & { readonly path: string },
): Promise<void> {
  const index = openRawIndex(directory);
  try {
    for (const { database, key, value } of index.values) {
      if (database !== 'meta' || key[0] !== MetaKind.shard) continue;
      const entry = JSON.parse(Buffer.from(unseal(value, 'shard', 'a test')).toString()) as ShardEntry;
      if (entry.file !== file) continue;
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      index.put('meta', key, seal(Buffer.from(JSON.stringify({ ...entry, ...facts, sha256 }))));
    }
  } finally {
    await index.close();
  }
}
