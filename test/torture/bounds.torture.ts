// Goal: what a store and the processes that use it take does not grow with the number of generations.
// Method: a process publishes thousands of them (puts, imports, compactions), it and another one read all the time; memory
// after a garbage collection, descriptors, files and the size of the index are compared with what they were early on.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { missing, scratchDirectory } from './harness.js';

const RESIDENT = fileURLToPath(new URL('resident.mjs', import.meta.url));
const MIB = 2 ** 20;
/** Until everything has been loaded, and every kind of work has been done, a few times. */
const EARLY = 400;
const GENERATIONS = Number(process.env.TORTURE_GENERATIONS ?? 2000);
/** A generation of a collection of 150 shards takes about 0.1 MiB: kept, they would be 200 MiB. */
const HEAP_GROWTH_MAX = 16 * MIB;
/** The allocator keeps pages of its own. */
const RSS_GROWTH_MAX = 96 * MIB;
const DESCRIPTORS_GROWTH_MAX = 8;
const FILES_GROWTH_MAX = 10;
const INDEX_GROWTH_MAX = 4 * MIB;

const lacks = missing();
const directory = scratchDirectory();
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  directory.remove();
});

class Resident {
  readonly #lines: AsyncIterator<string>;
  readonly #child: ChildProcess;

  constructor(store: string) {
    this.#child = spawn(process.execPath, ['--expose-gc', RESIDENT, store, directory.path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(this.#child);
    const lines: Interface = createInterface({ input: this.#child.stdout! });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<string> {
    this.#child.stdin!.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the process ended at ${command}`);
    return value;
  }

  async measure(): Promise<Record<'heap' | 'rss' | 'descriptors', number>> {
    return JSON.parse(await this.ask('measure'));
  }
}

interface Taken {
  readonly publisher: Awaited<ReturnType<Resident['measure']>>;
  readonly reader: Taken['publisher'];
  readonly files: number;
  readonly index: number;
}

describe.skipIf(lacks)(`${GENERATIONS} generations${lacks ? ` (${lacks})` : ''}`, () => {
  let early: Taken;
  let late: Taken;

  beforeAll(async () => {
    const path = join(directory.path, 'store');
    await makeStore(path);
    const publisher = new Resident(path);
    const reader = new Resident(path);
    const look = async (): Promise<Taken> => ({
      publisher: await publisher.measure(),
      reader: await reader.measure(),
      files: readdirSync(path, { recursive: true }).length,
      index: statSync(join(path, 'index/data.mdb')).size,
    });
    await publisher.ask(`publish ${EARLY}`);
    early = await look();
    await publisher.ask(`publish ${GENERATIONS}`);
    late = await look();
    console.log(`bounds: after ${EARLY} generations ${JSON.stringify(early)}, at the end ${JSON.stringify(late)}`);
  }, 600_000);

  test.each(['publisher', 'reader'] as const)('the process that is the %s', (who) => {
    expect(late[who].heap - early[who].heap, 'heap').toBeLessThan(HEAP_GROWTH_MAX);
    expect(late[who].rss - early[who].rss, 'memory').toBeLessThan(RSS_GROWTH_MAX);
    expect(late[who].descriptors - early[who].descriptors, 'descriptors').toBeLessThan(DESCRIPTORS_GROWTH_MAX);
  });

  test('the files of the store', () => {
    expect(late.files - early.files).toBeLessThan(FILES_GROWTH_MAX);
  });

  test('the index', () => {
    expect(late.index - early.index).toBeLessThan(INDEX_GROWTH_MAX);
  });
});

/** A store of more than a hundred shards. */
async function makeStore(path: string): Promise<void> {
  const source = join(directory.path, 'records.ndjson');
  const lines = Array.from({ length: 600 }, (_, id) => JSON.stringify({ id, n: 0, text: 'y'.repeat(200) }));
  writeFileSync(source, lines.join('\n'));
  const store = await openStore(path, { config: false });
  await store.import(source, { key: 'id', indexes: ['n'], spanBytes: 1000, workers: 1 });
  expect(store.stat().collections[0]!.shards).toBeGreaterThan(100);
  await store.close();
}
