// No read mixes generations, while another process publishes: what is written together is read together.
// Method: a real process gives every record of two collections the number of its round, in one transaction, and compacts
// now and then. Readers compare what they see in one turn of the event loop, by every way of reading.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Freshness, openStore, type Store, type StoreEvents } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';

const WRITER = fileURLToPath(new URL('../support/generation-writer.mjs', import.meta.url));
/** More than are begun at once by `getMany`. */
const RECORDS = 70;
const ROUNDS = 6;
const IDS = [...Array(RECORDS).keys()];

interface Row {
  readonly id: number;
  readonly round: number;
}

let directory: string;
let remove: () => void;
let store: Store;
let writer: ChildProcess;
const generations: StoreEvents['generation'][] = [];
const warnings: StoreEvents['warning'][] = [];

beforeEach(async () => {
  const scratch = temporaryDirectory();
  directory = join(scratch.path, 'store');
  remove = scratch.remove;
  const maker = await openStore(directory, { hotSet: false });
  await maker.transaction((tx) => {
    for (const name of ['left', 'right']) {
      const collection = tx.createCollection<Row>(name, { key: 'id', indexes: ['round'] });
      for (const id of IDS) collection.put({ id, round: 0 });
    }
  });
  await maker.compact();
  await maker.close();
  generations.length = 0;
  warnings.length = 0;
});
afterEach(async () => {
  writer.kill('SIGKILL');
  await store.close();
  remove();
});

/** Rounds seen in one turn of the event loop by reads of both collections. */
async function seen(isSync: boolean, options?: { freshness: Freshness }): Promise<number[]> {
  const [left, right] = [store.collection<Row>('left'), store.collection<Row>('right')];
  if (isSync) {
    const rows = IDS.slice(0, 20).flatMap((id) => [
      left.getSync(id, options),
      right.getSync(RECORDS - 1 - id, options),
    ]);
    return rows.map((row) => row!.round);
  }
  const range = async (collection: typeof left) => {
    const rows: Row[] = [];
    for await (const { value } of collection.range({ gte: 10, lt: 60, ...options })) rows.push(value);
    return rows;
  };
  const rows = await Promise.all([
    ...IDS.slice(0, 10).flatMap((id) => [left.get(id, options), right.get(id, options)]),
    left.getMany(IDS, options),
    right.getMany(IDS.slice(0, 10), options),
    range(left),
    range(right),
  ]);
  return rows.flat().map((row) => row!.round);
}

const cases: [Freshness, number][] = [
  ['warm', 0],
  ['warm', 1 << 20],
  [{ maxStaleMs: 30_000 }, 1 << 20],
];
test.each(cases)(
  'what is written together is read together: %j, record cache of %i bytes',
  async (freshness, recordCacheBytes) => {
    store = await openStore(directory, { hotSet: false, freshness, recordCacheBytes });
    store.on('generation', (event) => generations.push(event));
    store.on('warning', (event) => warnings.push(event));
    writer = spawn(process.execPath, [WRITER, directory, String(ROUNDS), String(RECORDS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(writer, 'exit');
    let written = 0;
    let asked = 0;
    createInterface({ input: writer.stdout! }).on('line', (line) => {
      written = Number(line);
    });
    const rounds = new Set<number>();
    for (let turn = 0; written < ROUNDS || Math.max(...rounds) < ROUNDS; turn++) {
      const found = new Set(await seen(turn % 2 === 0));
      expect([...found]).toHaveLength(1);
      const [round] = found;
      expect(round).toBeGreaterThanOrEqual(Math.max(0, ...rounds));
      rounds.add(round!);
      // It goes on when its round has been seen: every one of them is.
      for (; asked < written && rounds.has(written) && written < ROUNDS; asked = written) writer.stdin!.write('\n');
      await setImmediate();
    }
    writer.stdin!.write('\n');
    expect((await ended)[0]).toBe(0);
    expect([...rounds].sort((a, b) => a - b)).toEqual([...Array(ROUNDS + 1).keys()]);
    expect(warnings).toEqual([]);
    for (const name of ['left', 'right']) {
      const told = generations.filter(({ collection }) => collection === name).map(({ generation }) => generation);
      expect(told.length).toBeGreaterThanOrEqual(ROUNDS);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    }
  },
);

test('where reads are immediate each of them is of one generation, and a publication is told', async () => {
  store = await openStore(directory, { hotSet: false });
  store.on('generation', (event) => generations.push(event));
  writer = spawn(process.execPath, [WRITER, directory, '3', String(RECORDS)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  createInterface({ input: writer.stdout! }).on('line', () => writer.stdin!.write('\n'));
  const left = store.collection<Row>('left');
  for (let round = 0; round < 3; ) {
    const rows = (await left.getMany(IDS)) as Row[];
    expect(new Set(rows.map((row) => row.round)).size).toBe(1);
    round = rows[0]!.round;
    await setImmediate();
  }
  expect((await ended)[0]).toBe(0);
  const newest = store.stat().collections.map(({ name, generation }) => [name, generation]);
  const told = () =>
    newest.map(([name]) => [name, generations.findLast(({ collection }) => collection === name)?.generation]);
  while (JSON.stringify(told()) !== JSON.stringify(newest)) await setImmediate();
  expect(generations.every(({ warmed, milliseconds }) => warmed === 0 && milliseconds < 1000)).toBe(true);
});
