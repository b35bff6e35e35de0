// Goal: a kill leaves a change and its entry in the audit log, or neither.
// Method: processes that are killed while they put records, each record with a reason of its own: the reasons in the log are
// those of the records there are. And commands that die at each place where a commit can be cut off.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { scratch, start } from '../support/cli.js';
import { runs } from '../support/effort.js';
import { all } from '../support/misuse.js';

const WRITER = fileURLToPath(new URL('../support/audit-writer.mjs', import.meta.url));

async function made(): Promise<string> {
  const path = join(scratch(), 'store');
  const store = await openStore(path);
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
  await store.close();
  return path;
}

/** The log is sound, and no publication is without an entry. */
async function expectLogged(store: Store): Promise<void> {
  const last = (await all(store.audit.log({ reverse: true, limit: 1 })))[0];
  expect(last?.generation).toBe(store.stat().generation);
  expect(await store.audit.verify()).toMatchObject({ isSound: true, unlogged: 0 });
}

test('puts of processes that were killed: each record has its entry, and each entry its record', async () => {
  const path = await made();
  const acknowledged = new Set<number>();
  for (let round = 0; round < runs(12); round++) {
    const child = spawn(process.execPath, [WRITER, path, String(round * 100_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let lines = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged.add(Number(line));
      // Whatever it is doing then.
      if (++lines === 3 + round * 7) child.kill('SIGKILL');
    });
    await ended;
    const store = await openStore(path);
    const stored: number[] = [];
    for await (const { value } of store.collection<{ id: number }>('rows').scan()) stored.push(value.id);
    const logged: number[] = [];
    for await (const entry of store.audit.log()) {
      for (const { why } of entry.parts ?? [entry]) if (why) logged.push(Number(why.slice('number '.length)));
    }
    expect(logged.sort((a, b) => a - b)).toEqual(stored.sort((a, b) => a - b));
    expect([...acknowledged].filter((id) => !stored.includes(id))).toEqual([]);
    await expectLogged(store);
    await store.close();
  }
});

test('commands that die at a commit', async () => {
  const path = await made();
  const folder = scratch();
  const file = join(folder, 'rows.ndjson');
  writeFileSync(file, '{"id":1}\n{"id":2}\n');
  const cases: [string, string[]][] = [
    ['transaction.commit', ['put', '{"id":7}', '--collection', 'rows']],
    ['publish.commit', ['import', file, '--collection', 'rows', '--key', 'id']],
    ['publish.committed', ['import', file, '--collection', 'rows', '--key', 'id']],
    ['index.commit', ['index', 'add', 'a', '--collection', 'rows']],
    ['collection.change', ['drop', 'rows', '--yes']],
    ['collection.changed', ['drop', 'rows', '--yes']],
  ];
  for (const [point, args] of cases) {
    const copy = join(folder, point);
    cpSync(path, copy, { recursive: true });
    const { signal } = await start([...args, '--store', copy], undefined, { GRISTMILL_FAILPOINTS: `${point}=kill` })
      .ended;
    expect(signal).toBe('SIGKILL');
    const store = await openStore(copy);
    await expectLogged(store);
    const isDone = point.endsWith('ed');
    expect(await all(store.audit.log())).toHaveLength(isDone ? 2 : 1);
    expect((await store.verify()).isSound).toBe(true);
    await store.close();
  }
});
