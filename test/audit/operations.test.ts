// Goal: each change of a store is in the audit log exactly once, whatever makes it; who made it and why is there; and no text of
// a record is. Method: every operation in turn, on disk and in memory; after each, the log is as new as the store, so that no
// publication is left out, and what was added is compared with what was done.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AuditEntry, memory, type Store } from '../../dist/src/index.js';
import { opened } from '../support/edited-rows.js';
import { scratch } from '../support/import-files.js';
import { all } from '../support/misuse.js';

const SECRET = 'do not log this';
/** Calls `change`, and returns the entries that it added. The log is sound, and as new as the store. */
async function added(store: Store, change: () => Promise<unknown>): Promise<AuditEntry[]> {
  const before = (await store.audit.checkpoint())?.sequence ?? 0;
  await change();
  const report = await store.audit.verify();
  expect(report).toMatchObject({ isSound: true, unlogged: 0 });
  const entries: AuditEntry[] = await all(store.audit.log());
  expect(JSON.stringify(entries)).not.toContain(SECRET);
  expect(entries.at(-1)?.generation).toBe(store.stat().generation);
  return entries.filter(({ sequence }) => sequence > before);
}

const facts = (entries: readonly AuditEntry[]) =>
  entries.map(({ operation, why, by, collections }) => ({ operation, why, by, collections }));

describe.each(['disk', 'memory'])('on a store in %s', (kind) => {
  const place = () => (kind === 'disk' ? join(scratch(), 'store') : memory());

  test('imports of each mode, and a synchronisation', async () => {
    const file = join(scratch(), 'rows.ndjson');
    const rows = (from: number, to: number) => {
      const lines = Array.from({ length: to - from }, (_, i) => JSON.stringify({ id: from + i, text: SECRET }));
      writeFileSync(file, `${lines.join('\n')}\n`);
    };
    const store = await opened(place());
    rows(0, 10);
    const [first] = await added(store, () => store.import(file, { key: 'id', why: 'first' }));
    expect(first).toMatchObject({
      ...{ operation: 'import', why: 'first', result: 'done' },
      collections: [{ name: 'records', mode: 'replace', read: 10, stored: 10, records: 10 }],
      source: { names: [file], files: 1 },
    });
    // The same bytes at another time are another source with the same content.
    rows(0, 10);
    const [second] = await added(store, () => store.import(file, { key: 'id' }));
    expect(second!.source!.fingerprint).not.toBe(first!.source!.fingerprint);
    rows(5, 15);
    const [third] = await added(store, () => store.import(file, { key: 'id', mode: 'upsert' }));
    expect(third!.collections).toMatchObject([{ mode: 'upsert', stored: 10, replaced: 5, records: 15 }]);
    rows(15, 20);
    await added(store, () => store.import(file, { key: 'id', mode: 'insert' }));
    await store.collection().put({ id: 1, text: 'mine' });
    rows(0, 3);
    const kept = await added(store, () => store.import(file, { key: 'id', changes: 'keep' }));
    expect(facts(kept)).toMatchObject([{ operation: 'import' }]);
    const watched = await added(store, async () => {
      const watcher = await store.watch(file, { collection: 'watched', key: 'id', why: 'follow' });
      await watcher.close();
    });
    expect(facts(watched)).toMatchObject([
      { operation: 'synchronise', why: 'follow', collections: [{ name: 'watched' }] },
    ]);
  });

  test('an import into several collections is one entry', async () => {
    const file = join(scratch(), 'both.json');
    writeFileSync(file, JSON.stringify({ users: [{ id: 1 }, { id: 2 }], orders: [{ id: 1 }] }));
    const store = await opened(place());
    const collections = { users: { select: '/users', key: 'id' }, orders: { select: '/orders', key: 'id' } };
    const entries = await added(store, () => store.import(file, { collections }));
    const names = entries.map((entry) => entry.collections?.map(({ name, stored }) => [name, stored]));
    expect(names).toEqual([
      [
        ['users', 2],
        ['orders', 1],
      ],
    ]);
  });

  test('transactions of each kind, with who and why', async () => {
    let request = 0;
    const store = await opened(place(), { audit: { actor: () => ({ app: 'crm', request: ++request }) } });
    const made = await added(store, () =>
      store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }).put({ id: 0, text: SECRET }), {
        why: 'new',
      }),
    );
    expect(facts(made)).toEqual([
      {
        operation: 'transaction',
        why: 'new',
        by: { app: 'crm', request: 1 },
        collections: [{ name: 'rows', created: true, put: 1 }],
      },
    ]);
    const rows = store.collection<{ id: number; n?: number }>('rows');
    const counts: [() => Promise<unknown>, object][] = [
      [() => rows.put({ id: 1 }, undefined, { why: 'w' }), { put: 1 }],
      [() => rows.putText('{"id":2}', undefined, { why: 'w' }), { put: 1 }],
      [() => rows.patch(1, { n: 1 }, { why: 'w' }), { put: 1 }],
      [() => rows.patchText(1, '{"n":2}', { why: 'w' }), { put: 1 }],
      [() => rows.delete(1, { why: 'w' }), { deleted: 1 }],
      [() => rows.deleteRange({ gte: 2 }, { why: 'w' }), { deleted: 1 }],
      [async () => store.transactionSync((tx) => tx.collection('rows').put({ id: 3 }), { why: 'w' }), { put: 1 }],
    ];
    for (const [change, count] of counts) {
      const entries = await added(store, change);
      expect(facts(entries)).toEqual([
        { operation: 'transaction', why: 'w', by: { app: 'crm', request }, collections: [{ name: 'rows', ...count }] },
      ]);
    }
    // What changes nothing, or throws, is not logged.
    expect(await added(store, () => rows.delete(77))).toEqual([]);
    const thrown = () =>
      store
        .transaction((tx) => {
          tx.collection('rows').put({ id: 9 });
          throw new Error('no');
        })
        .catch(() => {});
    expect(await added(store, thrown)).toEqual([]);
  });

  test('each reason of transactions that are committed together is kept, and equal ones are counted', async () => {
    const store = await opened(place());
    await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
    const rows = store.collection<{ id: number; n?: number }>('rows');
    const entries = await added(store, () =>
      Promise.all(
        Array.from({ length: 30 }, (_, id) =>
          rows.put({ id }, undefined, id % 3 === 0 ? {} : { why: `why ${id % 3}` }),
        ),
      ),
    );
    const parts = entries.flatMap(({ parts, why, transactions = 0 }) =>
      parts ? parts.map((part) => ({ why: part.why, transactions: part.transactions })) : [{ why, transactions }],
    );
    const counted = new Map<string | undefined, number>();
    for (const { why, transactions } of parts) counted.set(why, (counted.get(why) ?? 0) + transactions);
    expect(counted).toEqual(
      new Map([
        [undefined, 10],
        ['why 1', 10],
        ['why 2', 10],
      ]),
    );
    expect(entries.length).toBeLessThan(30);
  });

  test('indexes, collections as a whole, compaction', async () => {
    const store = await opened(place());
    await store.transaction(
      (tx) => void tx.createCollection('rows', { key: 'id', indexes: ['a'] }).put({ id: 1, a: 1, b: 2 }),
    );
    const why = 'because';
    const steps: [() => Promise<unknown>, string, object][] = [
      [
        () => store.createIndex('rows', ['a', 'b'], { why }),
        'add index',
        { name: 'rows', index: ['a', 'b'], records: 1 },
      ],
      [
        () => store.dropIndex('rows', ['a', 'b'], { why }),
        'drop index',
        { name: 'rows', index: ['a', 'b'], records: 1 },
      ],
      [() => store.rename('rows', 'others', { why }), 'rename', { name: 'rows', to: 'others', records: 1 }],
      [() => store.clear('others', { why }), 'clear', { name: 'others', records: 1 }],
      [() => store.drop('others', { why }), 'drop', { name: 'others', records: 0 }],
    ];
    for (const [change, operation, collection] of steps) {
      expect(facts(await added(store, change))).toEqual([{ operation, why, by: undefined, collections: [collection] }]);
    }
    await store.transaction((tx) => void tx.createCollection('rows', { key: 'id', indexes: ['a'] }));
    for (let id = 0; id < 20; id++) await store.collection('rows').put({ id, a: id });
    for (let id = 0; id < 15; id++) await store.collection('rows').put({ id, a: -id });
    const compacted = await added(store, () => store.compact({ why }));
    expect(compacted.length).toBeGreaterThan(0);
    for (const entry of compacted)
      expect(entry).toMatchObject({ operation: 'compact', why, collections: [{ records: 20 }] });
  });

  test('a retry of rejected records', async () => {
    const file = join(scratch(), 'rows.ndjson');
    writeFileSync(file, '{"id":1}\n{"id":}\n');
    const store = await opened(place());
    const entries = await added(store, () => store.import(file, { key: 'id', onBadRecord: 'quarantine' }));
    expect(entries[0]!.collections).toMatchObject([{ read: 2, stored: 1, rejected: 1 }]);
    const { name } = (await store.quarantine.files())[0]!;
    const retried = await added(store, () =>
      store.quarantine.retry(name, { corrected: [{ number: 1, text: `{"id":2,"text":"${SECRET}"}` }], why: 'fixed' }),
    );
    expect(facts(retried)).toMatchObject([{ operation: 'quarantine retry', why: 'fixed', collections: [{ put: 1 }] }]);
  });

  test('a prune, and how many entries are kept', async () => {
    const store = await opened(place());
    await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
    const rows = store.collection('rows');
    for (let id = 0; id < 9; id++) await rows.put({ id });
    const early = await store.audit.checkpoint();
    const [entry] = await added(store, () => store.audit.prune({ before: 5, why: 'old' }));
    expect(entry).toMatchObject({ operation: 'prune', why: 'old', removed: { from: 1, through: 4 } });
    expect((await store.audit.verify({ since: early!.line })).isSound).toBe(true);
    expect(await all(store.audit.log())).toHaveLength(7);
    const past = await store.audit.verify({ since: early!.line.replace('sequence=10', 'sequence=2') });
    expect(past).toMatchObject({ isSound: false, fault: { sequence: 2, message: expect.stringContaining('prune') } });
    expect(await store.audit.prune({ before: new Date(0) })).toMatchObject({ removed: 0, first: 5 });
    const { sequence } = (await store.audit.checkpoint())!;
    expect(await store.audit.prune({ before: '2999-01-01' })).toEqual({
      removed: sequence - 5,
      first: sequence,
      last: sequence + 1,
    });
    expect(facts(await added(store, () => store.audit.keep(10, { why: 'small' })))).toMatchObject([
      { operation: 'retention' },
    ]);
    await store.transaction((tx) => void tx.createCollection('n', { key: 'id' }));
    for (let id = 0; id < 300; id++) store.transactionSync((tx) => tx.collection('n').put({ id }));
    const entries = await all(store.audit.log());
    expect(entries.length).toBeLessThan(300);
    expect(entries.at(-1)!.sequence - entries[0]!.sequence).toBeGreaterThanOrEqual(10);
    expect(entries.some(({ operation }) => operation === 'prune')).toBe(true);
    expect(await store.audit.verify()).toMatchObject({ isSound: true, entries: entries.length });
  });

  test('changes of single records, where they are asked for', async () => {
    const store = await opened(place(), { audit: { records: true } });
    await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
    const rows = store.collection<{ id: number; text?: string }>('rows');
    const hash = (text: string | undefined) => text && createHash('sha256').update(text).digest('hex');
    const before = async () => rows.getText(1);
    const steps: [() => Promise<unknown>, string][] = [
      [() => rows.put({ id: 1, text: SECRET }), 'put'],
      [() => rows.put({ id: 1 }), 'put'],
      [() => rows.patch(1, { text: SECRET }), 'patch'],
      [() => rows.delete(1), 'delete'],
      [() => rows.put({ id: 1 }), 'put'],
      [() => rows.deleteRange({ gte: 0 }), 'delete'],
    ];
    for (const [change, operation] of steps) {
      const was = await before();
      const [entry] = await added(store, change);
      const expected = { collection: 'rows', key: '1', operation, before: hash(was), after: hash(await before()) };
      expect(entry!.records).toEqual([JSON.parse(JSON.stringify(expected))]);
    }
    const thrown = () =>
      store
        .transaction((tx) => {
          tx.collection('rows').put({ id: 5 });
          throw new Error('no');
        })
        .catch(() => {});
    const [together] = await added(store, () => Promise.all([thrown(), rows.put({ id: 6 })]));
    expect(together!.records!.map(({ key }) => key)).toEqual(['6']);
  });
});
