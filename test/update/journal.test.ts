// Goal: what transactions change is read in the same way before and after the journal is emptied, by everybody, and nothing of
// it is lost when a process dies there.
// Method: puts, patches and deletions that fill the journal several times, against a Map: snapshots of states before and after, verify,
// another process, a backup, a repair. Processes that die where the journal is emptied. Bytes of the journal that are changed.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { decodeHead, HEAD_KEY, JOURNAL_START, type JournalHead } from '../../dist/src/store/lmdb/journal/values.js';
import { scratch } from '../support/import-files.js';
import { all } from '../support/misuse.js';
import { randomFrom } from '../support/random.js';

interface Row {
  readonly id: number;
  readonly n: number;
  readonly text: string;
}
const OPTIONS = { config: false, hotSet: false } as const;
const KEY = { encryption: { key: Buffer.alloc(32, 9) } };
const WRITER = fileURLToPath(new URL('../support/journal-writer.mjs', import.meta.url));

async function made(options = {}): Promise<{ directory: string; store: Store }> {
  const directory = join(scratch(), 'store');
  const store = await openStore(directory, { ...OPTIONS, ...options });
  onTestFinished(() => store.close());
  await store.import(
    Array.from({ length: 200 }, (_, id) => ({ id, n: 0, text: 'of the source' })),
    { collection: 'rows', key: 'id', indexes: ['n'] },
  );
  return { directory, store };
}

/** The journal of a plain store that nobody has open. */
async function journalOf(
  directory: string,
  change: (root: { putSync(key: Uint8Array, value: Buffer): unknown }, entries: [Buffer, Buffer][]) => void = () => {},
): Promise<JournalHead & { readonly records: number }> {
  const root = open<Buffer, Uint8Array>({
    ...{ path: join(directory, 'index'), noSubdir: false },
    ...{ encoding: 'binary', keyEncoding: 'binary' },
  });
  try {
    const entries = Array.from(root.getRange({ start: JOURNAL_START }), ({ key, value }): [Buffer, Buffer] => [
      Buffer.from(key),
      Buffer.from(value),
    ]);
    change(root, entries);
    const head = entries.find(([key]) => key.equals(HEAD_KEY));
    return { ...decodeHead(head![1], directory), records: entries.length - 1 };
  } finally {
    await root.close();
  }
}

interface Reads {
  scan(): AsyncIterable<{ readonly value: Row }>;
  getSync(key: number): Row | undefined;
  find(path: string, value: number): AsyncIterable<{ readonly value: Row }>;
}

async function expectRows(rows: Reads, model: ReadonlyMap<number, Row>): Promise<void> {
  const found = (await all(rows.scan())).map(({ value }) => value).sort((a, b) => a.id - b.id);
  expect(found).toEqual([...model.values()].sort((a, b) => a.id - b.id));
  for (let id = 0; id < 320; id += 3) expect(rows.getSync(id)).toEqual(model.get(id));
  const ids = (await all(rows.find('n', 5))).map(({ value }) => value.id).sort((a, b) => a - b);
  expect(ids).toEqual([...model.values()].flatMap(({ id, n }) => (n === 5 ? [id] : [])).sort((a, b) => a - b));
}

/** Groups of changes; `seen` is called between them. */
async function change(store: Store, model: Map<number, Row>, groups: number, seen: (group: number) => Promise<void>) {
  const below = randomFrom(7);
  for (let group = 0; group < groups; group++) {
    await store.transaction((tx) => {
      const rows = tx.collection<Row>('rows');
      for (let i = 0; i < 12; i++) {
        const row = { id: below(320), n: below(9), text: 'abcdef'.repeat(below(1000)) };
        rows.put(row);
        model.set(row.id, row);
      }
      const gone = below(320);
      if (rows.delete(gone)) model.delete(gone);
    });
    await seen(group);
  }
}

describe.each([
  ['plain', {}],
  ['encrypted', KEY],
])('changes of a store that is %s', (_, options) => {
  test('are read as they were made, in each state that is held, and after the journal was emptied', async () => {
    const { directory, store } = await made(options);
    const model = new Map(Array.from({ length: 200 }, (_, id) => [id, { id, n: 0, text: 'of the source' }]));
    const held: [ReturnType<Store['snapshot']>, Map<number, Row>][] = [];
    await change(store, model, 60, async (group) => {
      if (group % 12 === 0) held.push([store.snapshot(), new Map(model)]);
      if (group % 20 === 0) await expectRows(store.collection<Row>('rows'), model);
    });
    for (const [snapshot, then] of held) {
      await expectRows(snapshot.collection<Row>('rows'), then);
      snapshot.release();
    }
    expect(store.stat().format).toBe(6);
    expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
    expect(await store.audit.verify()).toMatchObject({ isSound: true, unlogged: 0 });
    const copy = join(scratch(), 'copy');
    await store.backup(copy);
    await store.close();
    if (!('encryption' in options)) {
      const { first, next, bytes, records } = await journalOf(directory);
      // Emptied more than once; a number is left out each time.
      expect(first).toBeGreaterThan(20);
      expect(records).toBe(next - first);
      expect(bytes).toBeLessThanOrEqual(256 * 1024);
    }
    for (const path of [directory, copy]) {
      const again = await openStore(path, { ...OPTIONS, ...options, readOnly: true });
      await expectRows(again.collection<Row>('rows'), model);
      await again.close();
    }
    await repairStore(copy, { workers: 1, ...options });
    const repaired = await openStore(copy, { ...OPTIONS, ...options });
    await expectRows(repaired.collection<Row>('rows'), model);
    await repaired.close();
  });
});

test('a put alone leaves all databases as they are, but for the journal', async () => {
  const { directory, store } = await made();
  await store.collection('rows').put({ id: 1, n: 1, text: 'first' });
  await store.close();
  const before = await journalOf(directory);
  const again = await openStore(directory, OPTIONS);
  for (let n = 0; n < 10; n++) await again.collection('rows').put({ id: 300 + n, n, text: 'put' });
  await again.close();
  const { first, next, bytes, records } = await journalOf(directory);
  expect({ first, next, records }).toEqual({ first: before.first, next: before.next + 10, records: 10 });
  expect(bytes).toBeLessThan(10 * 1024);
});

test.each([
  ['journal.emptied', 0],
  ['catalog.committed', 1],
])('a process that dies at %s loses nothing that was acknowledged', async (failpoint, more) => {
  const { directory, store } = await made();
  await store.collection('rows').put({ id: 1000, n: 1, text: 'first' });
  await store.close();
  const count = failpoint === 'journal.emptied' ? 200 : 1;
  const env = { ...process.env, GRISTMILL_FAILPOINTS: `${failpoint}=kill` };
  const child = spawn(process.execPath, [WRITER, directory, '2000', String(count)], {
    ...{ env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  let said = '';
  child.stdout!.on('data', (data) => {
    said += data;
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  const acknowledged = said.split('\n').slice(0, -1).map(Number);
  expect(acknowledged.length > 20).toBe(failpoint === 'journal.emptied');
  const again = await openStore(directory, OPTIONS);
  onTestFinished(() => again.close());
  const stored = (await all(again.collection<Row>('rows').scan())).map(({ value }) => value.id);
  const added = stored.filter((id) => id >= 2000).sort((a, b) => a - b);
  expect(added).toEqual(Array.from({ length: acknowledged.length + more }, (_, n) => 2000 + n));
  expect(await again.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  // It goes on, and empties the journal.
  const [first, rest] = [String(3000), String(100)];
  await again.close();
  execFileSync(process.execPath, [WRITER, directory, first, rest], { stdio: 'ignore' });
  const last = await openStore(directory, OPTIONS);
  expect(last.collection('rows').count()).toBe(stored.length + 100);
  expect(await last.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  await last.close();
});

test('a journal with a changed byte is refused, and a repair is made of the shards', async () => {
  const { directory, store } = await made();
  for (let n = 0; n < 4; n++) await store.collection('rows').put({ id: n, n, text: 'put' });
  await store.close();
  const copy = join(scratch(), 'copy');
  let places = 0;
  await journalOf(directory, (_, entries) => {
    places = entries.length;
  });
  for (let place = 0; place < places; place++) {
    cpSync(directory, copy, { recursive: true, force: true });
    await journalOf(copy, (root, entries) => {
      const [key, value] = entries[place]!;
      const changed = Buffer.from(value);
      changed[changed.byteLength >> 1]! ^= 1;
      root.putSync(key, changed);
    });
    await expect(openStore(copy, OPTIONS)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringContaining('of the journal'),
    });
  }
  const { from } = await repairStore(copy, { workers: 1 });
  expect(from).toBe('shards');
  const repaired = await openStore(copy, OPTIONS);
  expect(repaired.collection('rows').count()).toBe(200);
  await repaired.close();
});
