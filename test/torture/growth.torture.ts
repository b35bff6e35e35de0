// Goal: the index does not grow under steady changes beside readers: pages that no reader can see any more are used again.
// Method: a process puts, imports and compacts for a thousand generations. Others hold a snapshot for a while now and then,
// iterate slowly, and are killed while they hold one. Each holds for a number of commits, not for a time, so that the size
// at which the file has to stop growing follows from that number, however busy the machine is.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { missing, Program, scratchDirectory } from './harness.js';

const HOLDER = fileURLToPath(new URL('holder.mjs', import.meta.url));
const MIB = 2 ** 20;
const GENERATIONS = Number(process.env.TORTURE_GENERATIONS ?? 2000);
const RECORDS = 600;
/** Commits for which a snapshot is held; another one is taken in the middle of it, so that there always is one. */
const HELD_COMMITS = 100;
/** Commits from one step of the slow iteration to the next, and its records: it is through after 300 commits. */
const STEP_COMMITS = 10;
const STEP_RECORDS = RECORDS / 30;
const UPKEEP_COMMITS = 50;
const KILL_COMMITS = 250;
/** The longest time for which a state is held, in commits: the slow iteration. Each commit changes some 48 KiB of pages. */
const PINNED_MAX = 300 * 48 * 1024;
/** What was freed while a state was held is used again after it, in part only while the next one is held. */
const INDEX_MAX = 3 * PINNED_MAX;
const RSS_GROWTH_MAX = 96 * MIB;
const DESCRIPTORS_GROWTH_MAX = 8;

const lacks = missing();
const directory = scratchDirectory();
const holders: Holder[] = [];
afterAll(async () => {
  await Promise.all(holders.map((holder) => holder.kill()));
  directory.remove();
});

class Holder extends Program {
  constructor(store: string) {
    super([process.execPath, HOLDER, store]);
  }

  static async start(store: string): Promise<Holder> {
    const holder = new Holder(store);
    await holder.heard(/^ready/);
    return holder;
  }

  async ask(command: string): Promise<void> {
    const heard = this.heard(/^done/);
    this.tell(command);
    await heard;
  }

  protected override note(): void {}
}

/** What a process and its store take. */
const taken = (path: string) => ({
  index: statSync(join(path, 'index/data.mdb')).size,
  rss: process.memoryUsage().rss,
  descriptors: readdirSync('/proc/self/fd').length,
});

test.skipIf(lacks)(`${GENERATIONS} generations beside readers${lacks ? ` (${lacks})` : ''}`, async () => {
  const path = join(directory.path, 'store');
  const store = await openStore(path, { config: false });
  await store.import(recordsOf(RECORDS), { key: 'id', indexes: ['n'], spanBytes: 1000, workers: 1 });
  // Two that hold snapshots by turns, and one that iterates.
  for (let i = 0; i < 3; i++) holders.push(await Holder.start(path));
  await holders[0]!.ask('hold');
  await holders[1]!.ask('hold');
  const sizes: ReturnType<typeof taken>[] = [];
  for (let n = 1; n <= GENERATIONS; n++) {
    await publish(store, n);
    await disturb(path, n);
    if (n % HELD_COMMITS === 0) sizes.push(taken(path));
  }
  await store.close();
  console.log(
    `growth: ${JSON.stringify(sizes.map(({ index }) => Math.round(index / MIB)))} MiB, ${JSON.stringify(sizes.at(-1))}`,
  );
  const [early, late] = [sizes[Math.floor(sizes.length / 2)]!, sizes.at(-1)!];
  expect(Math.max(...sizes.map(({ index }) => index)), 'index').toBeLessThan(INDEX_MAX);
  expect(late.rss - early.rss, 'memory').toBeLessThan(RSS_GROWTH_MAX);
  expect(late.descriptors - early.descriptors, 'descriptors').toBeLessThan(DESCRIPTORS_GROWTH_MAX);
});

const recordsOf = (count: number) => Array.from({ length: count }, (_, id) => ({ id, n: 0, text: 'y'.repeat(200) }));

async function publish(store: Store, n: number): Promise<void> {
  await store.collection('records').put({ id: n % RECORDS, n, text: 'x'.repeat(n % 200) });
  if (n % UPKEEP_COMMITS !== 0) return;
  await store.import(recordsOf(50), { collection: 'small', key: 'id', mode: 'upsert' });
  await store.compact({ minDeadShare: 0.1 });
}

async function disturb(path: string, n: number): Promise<void> {
  if (n % STEP_COMMITS === 0) await holders[2]!.ask(`iterate ${STEP_RECORDS}`);
  if (n % (HELD_COMMITS / 2) === 0) {
    const holder = holders[(n / (HELD_COMMITS / 2)) % 2]!;
    await holder.ask('release');
    await holder.ask('hold');
  }
  if (n % KILL_COMMITS === 0) {
    await holders[0]!.kill();
    holders[0] = await Holder.start(path);
    await holders[0].ask('hold');
  }
}
