// Goal: a store whose transactions put index entries beside the pages holds what a Map holds, before, at and after the commits
// that merge them: whichever way it is read, by snapshots taken on the way, after imports of every mode, compactions, indexes
// that are made and dropped, and repairs. It is sound at each step. Method: random steps that pass the bound of recent entries
// again and again, and a Map beside the store; a process that is killed at each commit of a row of them.

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, repairStore, type Snapshot, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { expectHolds, KEYS, type Row, type Rows } from '../support/recent-rows.js';

/** First byte of the key of a recent entry. */
const KIND = 0x10;

type Step =
  | { readonly do: 'change'; readonly put: readonly number[]; readonly deleted: readonly number[] }
  | { readonly do: 'import'; readonly mode: 'replace' | 'upsert' | 'insert'; readonly ids: readonly number[] }
  | { readonly do: 'compact' | 'create' | 'drop' | 'reopen' | 'snapshot' | 'repair' };

const anyIds = (maxLength: number) => fc.uniqueArray(fc.nat(KEYS - 1), { maxLength });
const anyChange = fc.record({ do: fc.constant('change' as const), put: anyIds(70), deleted: anyIds(15) });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: anyChange },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      mode: fc.constantFrom('replace' as const, 'upsert' as const, 'insert' as const),
      ids: fc.uniqueArray(fc.nat(KEYS - 1), { minLength: 1, maxLength: 40 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'compact' as const,
        'create' as const,
        'drop' as const,
        'reopen' as const,
        'snapshot' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'repair' as const }) },
);

class Run {
  rows: Rows = new Map();
  #n = 0;
  readonly #snapshots: { readonly snapshot: Snapshot; readonly rows: Rows }[] = [];

  constructor(
    readonly directory: string,
    public store: Store,
  ) {}

  static async begin(): Promise<Run> {
    const directory = `${scratch()}/store`;
    const run = new Run(directory, await openStore(directory));
    await run.store.transaction((tx) => {
      tx.createCollection('rows', { key: 'id', indexes: ['group'], uniqueIndexes: ['email'] });
    });
    return run;
  }

  #row(id: number): Row {
    const n = ++this.#n;
    return { id, group: `g${(id * 7 + n) % 5}`, ...(n % 3 > 0 && { email: `e${id}-${n}` }), n };
  }

  async step(step: Step): Promise<void> {
    const { store } = this;
    switch (step.do) {
      case 'change':
        return this.#change(step);
      case 'import':
        return this.#import(step);
      case 'compact':
        await store.compact({ minDeadShare: 0.2 });
        return;
      case 'create':
        await store.createIndex('rows', 'n', { workers: 1 });
        return;
      case 'drop':
        if (this.#hasExtra) await store.dropIndex('rows', 'n');
        return;
      case 'snapshot':
        this.#snapshots.push({ snapshot: store.snapshot(), rows: new Map(this.rows) });
        return;
      default:
        await this.close();
        if (step.do === 'repair') {
          await damageRecent(this.directory);
          expect(await repairStore(this.directory, { workers: 1 })).toMatchObject({ lost: [] });
        }
        this.store = await openStore(this.directory);
    }
  }

  async #change({ put, deleted }: Step & { do: 'change' }): Promise<void> {
    const made = put.map((id) => this.#row(id));
    await this.store.transaction((tx) => {
      const rows = tx.collection<Row>('rows');
      for (const row of made) rows.put(row);
      for (const id of deleted) expect(rows.delete(id)).toBe(this.rows.has(id) || put.includes(id));
    });
    for (const row of made) this.rows.set(row.id, row);
    for (const id of deleted) this.rows.delete(id);
  }

  async #import({ mode, ids }: Step & { do: 'import' }): Promise<void> {
    const made = ids.map((id) => this.#row(id));
    const source = fileWith(made.map((row) => `${JSON.stringify(row)}\n`).join(''), 'rows.ndjson');
    const target = { collection: 'rows', key: 'id', mode, workers: 1 } as const;
    if (mode === 'replace') {
      this.rows = new Map();
      await this.store.import(source, { ...target, indexes: ['group'], uniqueIndexes: ['email'], changes: 'drop' });
    } else await this.store.import(source, { ...target, ...(mode === 'insert' && { onDuplicate: 'first' }) });
    for (const row of made) if (mode !== 'insert' || !this.rows.has(row.id)) this.rows.set(row.id, row);
  }

  get #hasExtra(): boolean {
    return this.store
      .collection('rows')
      .stat()
      .indexes.some(({ path }) => path === 'n');
  }

  async check(): Promise<void> {
    const rows = this.store.collection<Row>('rows');
    await expectHolds(rows, this.rows, this.#hasExtra);
    for (const { snapshot, rows: before } of this.#snapshots) {
      await expectHolds(snapshot.collection<Row>('rows') as never, before, false);
    }
    expect(await this.store.verify({ workers: 1 })).toMatchObject({ faults: [], isSound: true });
  }

  async close(): Promise<void> {
    for (const { snapshot } of this.#snapshots.splice(0)) snapshot.release();
    await this.store.close();
  }
}

/** Changes a byte of a recent entry, if there is one. @returns whether there was one */
async function damageRecent(directory: string): Promise<boolean> {
  const raw = openRawIndex(directory);
  const one = raw.values.find(({ database, key }) => database === 'meta' && key[0] === KIND);
  if (one !== undefined) {
    const value = Buffer.from(one.value);
    value[3]! ^= 1;
    raw.put('meta', one.key, value);
  }
  await raw.close();
  return one !== undefined;
}

test('any steps leave what a Map holds, whichever way it is read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 16 }), async (steps) => {
      const run = await Run.begin();
      for (const step of steps) {
        await run.step(step);
        await run.check();
      }
      await run.close();
    }),
    { numRuns: runs(12) },
  );
});

test('a violation of a unique index is refused, wherever the other record is, and changes nothing', async () => {
  const run = await Run.begin();
  const rows = run.store.collection<Row>('rows');
  for (let id = 0; id < 200; id++) {
    const row = { id, group: 'g', email: `e${id}`, n: id };
    await rows.put(row);
    run.rows.set(id, row);
    const other = Math.floor(id / 2);
    if (other === id) continue;
    const refused = rows.put({ id: 250, group: 'g', email: `e${other}`, n: 0 });
    await expect(refused).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
  }
  await run.check();
  await run.close();
});

test('a damaged recent entry is never believed: it is named, and repair restores all records', async () => {
  const run = await Run.begin();
  await run.step({ do: 'change', put: Array.from({ length: 20 }, (_, i) => i), deleted: [] });
  await run.store.close();
  expect(await damageRecent(run.directory)).toBe(true);
  run.store = await openStore(run.directory);
  const report = await run.store.verify({ workers: 1 });
  expect(report.isSound).toBe(false);
  expect(report.faults).toContainEqual(
    expect.objectContaining({ kind: 'page', message: expect.stringMatching(/recent entry .* damaged/) }),
  );
  const damaged = expect.objectContaining({ code: 'CHECKSUM_MISMATCH' });
  expect(() => [...run.store.collection('rows').rangeSync()]).toThrow(damaged);
  await run.store.close();
  expect(await repairStore(run.directory, { workers: 1 })).toMatchObject({ lost: [] });
  run.store = await openStore(run.directory);
  await run.check();
  await run.close();
});

test('recent entries that are missing, or that no manifest counts, are found', async () => {
  const run = await Run.begin();
  await run.step({ do: 'change', put: Array.from({ length: 20 }, (_, i) => i), deleted: [] });
  await run.store.close();
  const raw = openRawIndex(run.directory);
  const one = raw.values.find(({ database, key }) => database === 'meta' && key[0] === KIND)!;
  raw.remove('meta', one.key);
  await raw.close();
  run.store = await openStore(run.directory);
  const { faults } = await run.store.verify({ workers: 1 });
  expect(faults.map(({ message }) => message)).toContainEqual(expect.stringMatching(/19 recent entries.*says 20/));
  await run.close();
});

const PROGRAM = `
import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
const store = await openStore(process.argv[1], { config: false });
await store.collection('rows').put({ id: 1000, group: 'g', n: 1000 });
`;

test.each([63, 64, 65].flatMap((before) => ['catalog.commit', 'catalog.committed'].map((at) => [before, at] as const)))(
  'a process that is killed after %d puts, at %s of the next one, leaves the old or the new state',
  async (before, at) => {
    const run = await Run.begin();
    const rows = run.store.collection<Row>('rows');
    for (let id = 0; id < before; id++) {
      const row = { id, group: `g${id % 3}`, n: id };
      await rows.put(row);
      run.rows.set(id, row);
    }
    await run.store.close();
    const env = { ...process.env, GRISTMILL_FAILPOINTS: `${at}=kill` };
    const args = ['--input-type=module', '-e', PROGRAM, run.directory];
    expect(spawnSync(process.execPath, args, { env, timeout: 45_000 }).signal).toBe('SIGKILL');
    if (at === 'catalog.committed') run.rows.set(1000, { id: 1000, group: 'g', n: 1000 });
    run.store = await openStore(run.directory);
    await run.check();
    await run.close();
  },
);
