// Goal: as long as a catalog's `reading` is the same, all reads see the same state, whatever other processes commit meanwhile:
// lookups look at the header once for it. Method: a process that commits all the time, and reads of the header beside the number,
// within turns of the event loop, over several, and after `refresh`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';

const WRITER = `
  const { openStore } = await import(process.argv[1]);
  const store = await openStore(process.argv[2]);
  process.stdin.on('data', () => process.exit()).on('end', () => process.exit());
  for (let id = 0; ; id++) {
    await store.collection('rows').put({ id });
    if (id === 0) console.log('ready');
  }
`;

test('reads see one state as long as the number of the reading is the same', async () => {
  const path = join(scratch(), 'store');
  const store = await openStore(path);
  await store.transaction((tx) => tx.createCollection('rows', { key: 'id' }));
  await store.close();
  const library = new URL('../../dist/src/index.js', import.meta.url).href;
  const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, library, path]);
  await once(writer.stdout, 'data');
  const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
  const seen = new Map<number, number>();
  const look = (): number => {
    const generation = catalog.generation();
    // After the read, which may begin a transaction.
    const { reading } = catalog;
    expect(seen.get(reading) ?? generation).toBe(generation);
    seen.set(reading, generation);
    return reading;
  };
  let repeated = 0;
  for (let i = 0; i < runs(2000); i++) {
    const first = look();
    if (i % 3 === 0) catalog.refresh();
    if (look() === first) repeated++;
    if (i % 5 === 0) await setTimeout(i % 4);
    else await (i % 2 === 0 ? setImmediate() : undefined);
  }
  expect(repeated).toBeGreaterThan(0);
  expect(new Set(seen.values()).size).toBeGreaterThan(2);
  await catalog.transaction((write) => {
    expect(catalog.reading).toBeNaN();
    write.putHeader({ ...catalog.header(), nextShard: catalog.header().nextShard + 1 });
  });
  look();
  const ended = once(writer, 'exit');
  writer.stdin.end();
  await ended;
  await catalog.close();
});
