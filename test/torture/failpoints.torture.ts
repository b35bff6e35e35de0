// Goal: at every named failpoint, dying and failing leave the old or the new state, and a failure has a code.
// Method: each failpoint is armed in a process that does the operation it belongs to. One that nothing reaches fails the
// test, and the list of operations has to name every failpoint there is, or it does not compile.

import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { FAILPOINTS, type Failpoint } from '../../src/base/failpoints.js';
import { scratchDirectory, Template, Writer } from './harness.js';
import type { Kind } from './model.mjs';

/** Those of key rings: test/encryption/ring.test.ts. */
type OfKeys = Extract<Failpoint, `keys.${string}`>;
/** Those of conversions: test/convert/kills.test.ts. */
type OfConversions = Extract<Failpoint, `convert.${string}`>;
/** Those of exchanges of data keys: test/reencrypt/kills.test.ts. */
type OfExchanges = Extract<Failpoint, `reencrypt.${string}`>;
/** Those of schemas: test/schema/carried-processes.test.ts. */
type OfSchemas = Extract<Failpoint, `schema.${string}`>;
/** Those of sharing: test/share/kills.test.ts. */
type OfSharing = Extract<Failpoint, `share.${string}`>;
/** Those of migrations: test/versions/kills.test.ts. */
type OfMigrations = Extract<Failpoint, `evolve.${string}`>;
type Here = Exclude<Failpoint, OfKeys | OfConversions | OfExchanges | OfSchemas | OfSharing | OfMigrations>;
const HERE = FAILPOINTS.filter((name): name is Here => !/^(keys|convert|reencrypt|schema|share|evolve)\./.test(name));

const OPERATIONS: Readonly<Record<Here, Kind | 'create'>> = {
  'store.create': 'create',
  'store.header': 'create',
  'lock.taken': 'upsert',
  'lock.sweep': 'upsert',
  'lock.release': 'upsert',
  'shard.write': 'replace',
  'shard.sync': 'replace',
  'shards.sync-directory': 'upsert',
  'catalog.commit': 'transaction',
  'catalog.committed': 'transaction',
  'publish.commit': 'upsert',
  'publish.committed': 'replace',
  'transaction.commit': 'transaction',
  'compact.clean-indexes': 'compact',
  'compact.drop': 'compact',
  'compact.rewrite': 'compact',
  'compact.join': 'compact',
  'compact.publish': 'compact',
  'index.publish': 'index',
  'index.commit': 'index',
  'index.drop': 'index',
  'collection.change': 'collection',
  'collection.changed': 'collection',
  'garbage.collect': 'replace',
  'garbage.unlink': 'replace',
  'garbage.forget': 'replace',
  'backup.copied': 'backup',
  'backup.place': 'backup',
  'repair.shards': 'repair',
  'repair.made': 'repair',
  'repair.finished': 'repair',
  'repair.swap': 'repair',
  'repair.swapped': 'repair',
};

/** Between the two names there is no index: the store is refused, not taken for a new one, and another repair goes on. */
async function completeRepair(name: Failpoint, store: string): Promise<void> {
  if (name !== 'repair.swap') return;
  await expect(openStore(store)).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' });
  await repairStore(store, { workers: 1 });
}

describe('failpoints', () => {
  const directory = scratchDirectory();
  const templates = new Map<string, Promise<Template>>();
  afterAll(() => directory.remove());

  async function killedIn(store: string, { history, n }: Template): Promise<void> {
    const killed = new Writer(store, history, { env: { GRISTMILL_FAILPOINTS: 'publish.commit=kill' } });
    await killed.run(n);
    expect(killed.process.signalCode).toBe('SIGKILL');
  }

  async function operate(name: Here, action: 'kill' | 'error') {
    const kind = OPERATIONS[name];
    if (!templates.has(kind)) templates.set(kind, Template.make(directory.path, kind));
    const template = await templates.get(kind)!;
    const { store, writer } = await template.waiting({ env: { GRISTMILL_FAILPOINTS: `${name}=${action}` } });
    // There is something to sweep when another writer was killed.
    if (name === 'lock.sweep') await killedIn(store, template);
    await writer.run(template.n);
    if (kind === 'backup') expect(existsSync(`${store}.backup`)).toBe(false);
    return { template, store, writer };
  }

  test.each(HERE)('%s: the process dies there', async (name) => {
    const { template, store, writer } = await operate(name, 'kill');
    expect(writer.process.signalCode, `${name} was not reached`).toBe('SIGKILL');
    await completeRepair(name, store);
    await template.check(store, writer);
  });

  test.each(HERE)('%s: the operation fails there, or is done all the same', async (name) => {
    const { template, store, writer } = await operate(name, 'error');
    await writer.kill();
    await completeRepair(name, store);
    for (const failure of writer.failures) {
      expect(failure).toMatchObject({ code: 'IO_ERROR', message: expect.stringContaining(name) });
    }
    await template.check(store, writer);
  });
});
