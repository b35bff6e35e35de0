// Goal: a backup to a disk that is too small ends with DISK_FULL and leaves nothing, wherever the disk is full; one that has room
// for it is whole.
// Method: a store whose index takes several steps to copy; file systems in memory of ever more room, each in a name space
// of its own.

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { missing, scratchDirectory } from './harness.js';

const RECORDS = 60_000;
/** The index has some 3 MB, its shards 1 MB. */
const ROOM_KIB = [150, 300, 600, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 8000, 16_000];
const lacks = missing('root', 'unshare');

const SCRIPT = `
mount -t tmpfs -o size="$1"k none "$2" && chmod 700 "$2"
if "$3" "$4" backup "$2/copy" --json --store "$5"; then "$3" "$4" verify --workers 1 --store "$2/copy" >&2; fi
ls -A "$2"`;

describe.skipIf(lacks)(`backups to disks of little room${lacks ? ` (${lacks})` : ''}`, () => {
  const scratch = scratchDirectory();
  afterAll(() => scratch.remove());

  test('end with DISK_FULL and leave nothing, or are whole', async () => {
    const path = join(scratch.path, 'store');
    const mounted = join(scratch.path, 'mounted');
    mkdirSync(mounted);
    const store = await openStore(path, { config: false, hotSet: false });
    async function* lines() {
      for (let id = 0; id < RECORDS; id++) yield Buffer.from(`{"id":"record number ${id}","group":${id % 9}}\n`);
    }
    await store.import(lines(), { key: 'id', indexes: ['group'] });
    await store.close();
    const ends: string[] = [];
    for (const kib of ROOM_KIB) {
      const words = ['-m', 'sh', '-c', SCRIPT, 'sh', String(kib), mounted, process.execPath, CLI, path];
      const { stdout, stderr } = await promisify(execFile)('unshare', words);
      const isWhole = stdout.endsWith('copy\n');
      if (!isWhole) expect(stdout).toBe('');
      ends.push(isWhole ? 'whole' : String(JSON.parse(stderr).code));
    }
    expect(ends).toEqual(ends.toSorted()); // DISK_FULL first
    expect(new Set(ends)).toEqual(new Set(['DISK_FULL', 'whole']));
  });
});
