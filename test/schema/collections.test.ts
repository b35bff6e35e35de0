// Goal: collection.schema() tells of all live records, whatever brought them: imports with and without option profile in all modes,
// transactions, compaction; on disk, encrypted and in memory; of a snapshot it tells that state.
// Method: random sequences of such changes. The oracle is schemaOf over the lines that the collection exports, which knows nothing of the collection. Without
// option fresh, records that are gone may still count: then nothing may be missing.

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, openStore, type Store, schemaFrom, schemaOf, schemaTypes } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { ENCRYPTED } from '../support/sealed.js';

interface Item {
  readonly id: number;
  readonly [name: string]: unknown;
}

/** Records whose shape depends on their edition. */
const item = (id: number, edition: number): Item => ({
  id,
  [`e${edition % 4}`]: edition % 3 === 0 ? `v${id % 90}` : id * edition,
  ...(id % 5 === 0 && { list: Array.from({ length: id % 4 }, (_, i) => ({ at: i / 2 })) }),
});

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 });
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('replace' as const, 'upsert' as const), ids, profile: fc.boolean() }),
    fc.record({
      kind: fc.constantFrom('put' as const, 'delete' as const),
      ids: fc.uniqueArray(fc.nat(400), { minLength: 1, maxLength: 9 }),
    }),
    fc.record({ kind: fc.constantFrom('compact' as const, 'schema' as const) }),
  ),
  { minLength: 2, maxLength: 9 },
);

/** Of the lines that the collection exports, as a source. */
async function exported(store: Store): Promise<Uint8Array> {
  const path = join(scratch(), 'exported.ndjson');
  writeFileSync(path, '');
  for await (const lines of store.collection('records').lines()) appendFileSync(path, lines);
  return (await schemaOf(path)).schema.encode();
}

const PLACES = {
  'on disk': () => openStore(join(scratch(), 'store')),
  encrypted: () => openStore(join(scratch(), 'store'), ENCRYPTED),
  'in memory': () => openStore(memory()),
};

describe.each(Object.entries(PLACES))('%s', (_, open) => {
  test('the schema is that of the live records', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const store = await open();
        onTestFinished(() => store.close());
        const source = join(scratch(), 'source.ndjson');
        const brings = async (mode: 'replace' | 'upsert', all: readonly Item[], profile: boolean) => {
          // One that nothing deletes: a source without records is none.
          writeFileSync(source, [...all, item(1000, 1)].map((one) => `${JSON.stringify(one)}\n`).join(''));
          await store.import(source, { key: 'id', mode, profile, spanBytes: 2000, changes: 'drop' });
        };
        await brings('replace', [item(0, 1), item(1, 2)], true);
        const records = store.collection<Item>('records');
        for (const [edition, step] of steps.entries()) {
          if (step.kind === 'compact') await store.compact();
          else if (step.kind === 'schema') await records.schema();
          else if (step.kind === 'put') for (const id of step.ids) await records.put(item(id, edition));
          else if (step.kind === 'delete') for (const id of step.ids) await records.delete(id);
          else if ('profile' in step) {
            const all = step.ids.map((id) => item(id, edition));
            await brings(step.kind, all, step.profile);
          }
        }
        const expected = await exported(store);
        const kept = (await records.schema()).toJSON();
        const fresh = await records.schema({ fresh: true });
        expect(Buffer.from(fresh.encode()).toString()).toBe(Buffer.from(expected).toString());
        // What is kept may be wider.
        const paths = new Map(kept.paths.map((one) => [one.path, one.count]));
        for (const { path, count } of fresh.toJSON().paths) expect(paths.get(path)).toBeGreaterThanOrEqual(count);
        // From now on it is kept as it is.
        expect(Buffer.from((await records.schema()).encode())).toEqual(Buffer.from(fresh.encode()));
        await store.close();
      }),
      { numRuns: runs(24) },
    );
  });
});

describe('sources, snapshots, names', () => {
  const records = Array.from({ length: 300 }, (_, id) => item(id, id));
  const source = (): string => {
    const path = join(scratch(), 'source.json');
    writeFileSync(path, JSON.stringify(records, undefined, 1));
    return path;
  };

  test('the schema of a source is that of the collection that it becomes', async () => {
    const path = source();
    const store = await openStore(join(scratch(), 'store'));
    onTestFinished(() => store.close());
    const noted = await store.import(path, { key: 'id', profile: true, spanBytes: 1000 });
    expect(noted.shards).toBeGreaterThan(3);
    const { schema, files, rejected } = await schemaOf(path, { spanBytes: 700 });
    expect({ records: schema.records, files, rejected }).toEqual({ records: 300, files: 1, rejected: 0 });
    const ours = await store.collection('records').schema();
    expect(Buffer.from(schema.encode())).toEqual(Buffer.from(ours.encode()));
    expect(schema.diff(ours)).toEqual([]);
    expect((await schemaFrom(schema.encode())).toJSON()).toEqual(ours.toJSON());
    const types = await schemaTypes([{ name: 'users', schema }]);
    expect(types).toContain('export interface Collections');
  });

  test('nothing of a source stays anywhere, also when it fails', async () => {
    const path = join(scratch(), 'bad.ndjson');
    writeFileSync(path, '{"id":1}\n{"id":01}\n');
    await expect(schemaOf(path)).rejects.toMatchObject({ code: 'BAD_RECORD', line: 2 });
    expect((await schemaOf(path, { onBadRecord: 'skip' })).schema.records).toBe(1);
  });

  test('of named records the schema is that of their values', async () => {
    const path = join(scratch(), 'named.json');
    writeFileSync(path, '{"x":{"a":1},"y":{"a":"s"}}');
    const { schema } = await schemaOf(path, { layout: 'object' });
    expect(schema.toJSON().paths.map((one) => one.path)).toEqual(['', 'a']);
    const store = await openStore(memory());
    onTestFinished(() => store.close());
    await store.import(path, { layout: 'object' });
    expect((await store.collection('records').schema()).toJSON()).toEqual(schema.toJSON());
  });

  test('a snapshot tells its own state', async () => {
    const store = await openStore(join(scratch(), 'store'));
    onTestFinished(() => store.close());
    await store.import(source(), { key: 'id' });
    const before = await store.collection('records').schema();
    using snapshot = store.snapshot();
    await store.collection('records').put({ id: 1000, another: true });
    expect((await snapshot.collection('records').schema()).encode()).toEqual(before.encode());
    expect((await store.collection('records').schema()).toJSON().paths.map((one) => one.path)).toContain('another');
  });

  test('it can be cancelled, and wrong options are refused', async () => {
    const store = await openStore(join(scratch(), 'store'));
    onTestFinished(() => store.close());
    await store.import(source(), { key: 'id' });
    const records = store.collection('records');
    await expect(records.schema({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const cancelled = { code: 'CANCELLED', message: 'The schema was cancelled.' };
    await expect(schemaOf(source(), { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
    await expect(records.schema({ wrong: 1 } as never)).rejects.toBeInstanceOf(TypeError);
  });
});
