// Goal: a power cut at any instant costs nothing that was acknowledged and leaves nothing half done.
// Method: a writer works on an ext4 volume of its own; at a random moment the volume is shut down, so that what was not
// synced never reaches the device; then it is mounted again and compared with what the history says. The twin does the
// same with syncs faked away, and must lose something: otherwise this would prove nothing.

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { checkAfterCrash, checkWholeAfterCrash, expectClean } from './check.mjs';
import { checkApart, missing, scratchDirectory, Writer, type WriterOptions } from './harness.js';
import { History } from './model.mjs';
import { CUTS, Volume } from './volume.mjs';

const CUTS_EACH = Number(process.env.TORTURE_CUTS ?? 100);
const CUTS_OF_TWIN = 20;
const CUTS_COMMITTED = Math.ceil(CUTS_EACH / 4);
/** A cut comes so many milliseconds after the first acknowledgement, at most: a round of the history takes about that. */
const CUT_WITHIN = 700;

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

const SYNCS = 'fsync,fdatasync,msync,sync_file_range';
const FAKE = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${SYNCS}`, '-e', `inject=${SYNCS}:retval=0`];

const lacks = missing('root', 'losetup', 'mkfs.ext4');

describe.skipIf(lacks)(`power cuts${lacks ? ` (${lacks})` : ''}`, () => {
  const directory = scratchDirectory();
  let volume: Volume;
  beforeAll(() => {
    volume = new Volume(directory.path);
  });
  afterAll(() => {
    volume.unmount();
    directory.remove();
  });

  /** Cuts again and again while a writer goes on where the last one was stopped. @returns operations acknowledged */
  async function cutAgainAndAgain(
    name: string,
    kind: keyof typeof CUTS,
    cuts: number,
    check = checkAfterCrash,
    options?: WriterOptions,
  ) {
    const store = join(volume.path, name);
    const history = new History(name);
    let n = 0;
    let acknowledged = 0;
    let next = new Writer(store, history, options);
    try {
      for (let i = 0; i < cuts; i++) {
        const writer = next;
        writer.tell(`loop ${n + 1}`);
        await writer.heard(/^done/);
        const cutIn = setTimeout(randomInt(CUT_WITHIN));
        // Starts while this one works: it touches the volume only when told to.
        next = new Writer(store, history, options);
        await cutIn;
        volume.cut(kind);
        await writer.kill();
        volume.unmount();
        volume.mount();
        acknowledged += writer.acknowledged.n - n;
        n = await check(store, history, writer.acknowledged);
        if (check === checkAfterCrash) await expectClean(store);
        for (const failure of writer.failures) expect(failure).toMatchObject({ code: 'IO_ERROR' });
      }
    } finally {
      await next.kill();
    }
    return acknowledged;
  }

  test.each(Object.keys(CUTS) as (keyof typeof CUTS)[])(`${CUTS_EACH} cuts that drop what is %s`, async (kind) => {
    const acknowledged = await cutAgainAndAgain(kind.replaceAll(' ', '-'), kind, CUTS_EACH);
    console.log(`power cuts: ${CUTS_EACH}, operations acknowledged: ${acknowledged}`);
    expect(acknowledged).toBeGreaterThan(CUTS_EACH);
  });

  test(`${CUTS_COMMITTED} cuts of a store that acknowledges before its last sync leave it whole`, async () => {
    let from = 0;
    let lost = 0;
    const check: typeof checkAfterCrash = async (store, history, acknowledged) => {
      const stands = await checkWholeAfterCrash(store, history, from, acknowledged);
      await expectClean(store);
      lost += Math.max(0, acknowledged.n - stands);
      from = stands;
      return stands;
    };
    const env = { GRISTMILL_ACKNOWLEDGE: 'committed' };
    const acknowledged = await cutAgainAndAgain('committed', 'unsynced', CUTS_COMMITTED, check, { env });
    console.log(`power cuts, acknowledged when committed: ${acknowledged} operations, ${lost} of the last ones lost`);
    expect(acknowledged).toBeGreaterThan(CUTS_COMMITTED);
  });

  test('what was removed under the lock does not come back when the lock is given back', async () => {
    const store = join(volume.path, 'removed');
    const source = join(directory.path, 'removed.ndjson');
    writeFileSync(source, Array.from({ length: 100 }, (_, id) => `{"id":${id}}\n`).join(''));
    const run = (failpoints: string, ...words: string[]) =>
      spawnSync(process.execPath, [MAIN, ...words, '--store', store], {
        env: { ...process.env, GRISTMILL_FAILPOINTS: failpoints },
      });
    const cutAndLook = async () => {
      volume.cut('unsynced');
      volume.unmount();
      volume.mount();
      await (await openStore(store)).close();
      await expectClean(store);
    };
    expect(run('', 'import', source, '--key', 'id', '--collection', 'a').status).toBe(0);
    // Swept by who opens next.
    expect(run('publish.commit=kill', 'import', source, '--key', 'id', '--collection', 'b').signal).toBe('SIGKILL');
    expect(readdirSync(join(store, 'shards'))).toHaveLength(2);
    await (await openStore(store)).close();
    expect(readdirSync(join(store, 'shards'))).toHaveLength(1);
    await cutAndLook();
    // Removed by a compaction that fails.
    expect(run('', 'delete', '7', '--collection', 'a').status).toBe(0);
    expect(run('compact.publish=error', 'compact', '--min-dead', '0').status).not.toBe(0);
    await cutAndLook();
  });

  test.skipIf(missing('strace'))('with syncs faked away, acknowledged operations are lost', async () => {
    const lost: unknown[] = [];
    const check: typeof checkApart = (...of) =>
      checkApart(...of).catch((error) => {
        lost.push(error);
        throw error;
      });
    await cutAgainAndAgain('faked', 'unsynced', CUTS_OF_TWIN, check, { under: FAKE }).catch((error) => {
      if (!lost.includes(error)) throw error;
    });
    expect(lost).toHaveLength(1);
    console.log(`power cuts, syncs faked away: ${lost[0]}`);
  });
});
