// Goal: whatever system call a process dies before, no file of an encrypted store beside its index shows a record, and the store
// holds exactly the old or the new state, never less than was acknowledged.
// Method: as system-calls.torture.ts, on an encrypted store. A census says how many calls of one name each thread makes; strace
// kills the process before each of them; then every file is searched for what all records have, before the store is opened
// again. Its sensitivity twin is a plain store, in whose files that is found.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initStore } from '../../dist/src/index.js';
import { isInPart } from '../support/effort.js';
import { filesBesideIndex, seenIn } from '../support/sealed.js';
import { checkAfterCrash } from './check.mjs';
import { missing, scratchDirectory, Template } from './harness.js';
import { runTraced, threadsOf } from './strace.js';

/** Every call by which a file of a store comes to be, grows, or gets its name. */
const CALLS = ['openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'unlink', 'ftruncate', 'mkdir'];
const OPERATIONS = ['upsert', 'compact', 'index'] as const;
/** In the text of each record. */
const WORDS = ['"group":', '"text":'];
/** What processes of the suite take the key from. */
const VARIABLE = 'GRISTMILL_KEY_FILE';

const lacks = missing('strace');

describe.skipIf(lacks)(`files of an encrypted store${lacks ? ` (${lacks})` : ''}`, () => {
  const directory = scratchDirectory();
  const keyFile = join(directory.path, 'key');
  beforeAll(() => {
    writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    process.env[VARIABLE] = keyFile;
  });
  afterAll(() => {
    delete process.env[VARIABLE];
    directory.remove();
  });

  test('of a plain store, records are seen in its files', async () => {
    delete process.env[VARIABLE];
    const place = join(directory.path, 'plain');
    mkdirSync(place);
    try {
      const { store, writer } = await (await Template.make(place, 'upsert')).waiting();
      await writer.kill();
      // Compressed, but the words of the first records are there.
      expect(Object.keys(filesBesideIndex(store)).join()).toMatch(/ndjson\.zst/);
      expect(seenIn(store, ['group'])).not.toEqual([]);
    } finally {
      process.env[VARIABLE] = keyFile;
    }
  });

  test.each(OPERATIONS)('%s, killed before every call', async (kind) => {
    await initStore(join(directory.path, kind), { encryption: { keyFile }, keys: 'plaintext' });
    const template = await Template.make(directory.path, kind);
    const { writer } = await template.waiting({ inline: true });
    const threads = threadsOf(writer.pid);
    const log = await runTraced(writer, threads, ['-f', '-e', `trace=${CALLS}`], template.n);
    await writer.kill();
    const counts = new Map<string, number>();
    for (const [, pid, call] of log.matchAll(/^\[pid +(\d+)\] (\w+)\(/gm)) {
      const thread = threads.indexOf(Number(pid));
      if (thread !== -1) counts.set(`${thread} ${call}`, (counts.get(`${thread} ${call}`) ?? 0) + 1);
    }
    let [at, kills] = [0, 0];
    for (const [key, times] of counts) {
      const [thread, call] = key.split(' ') as [string, string];
      for (let when = 1; when <= times; when++) {
        if (!isInPart(at++)) continue;
        const { store, writer } = await template.waiting({ inline: true });
        const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${when}`];
        await runTraced(writer, [threadsOf(writer.pid)[Number(thread)] as number], inject, template.n);
        if (writer.process.signalCode === null) await writer.kill();
        else await writer.ended;
        kills++;
        expect(seenIn(store, WORDS), `before ${call} number ${when}`).toEqual([]);
        const isDone = writer.acknowledged.n === template.n;
        await checkAfterCrash(store, template.history, isDone ? writer.acknowledged : template.acknowledged);
        expect(seenIn(store, WORDS)).toEqual([]);
      }
    }
    expect(kills).toBeGreaterThan(0);
    console.log(`kill points of ${kind} on an encrypted store: ${kills} of ${at}`);
  });
});
