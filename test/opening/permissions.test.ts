// Goal: whatever gristmill creates is private from the first instant, also if the umask forbids nothing: files 0600,
// directories 0700, no mode changed afterwards.
// Method: strace shows every system call of a process that does a bit of everything (Linux; skipped without strace); then
// the file system is asked for the modes there are. The twin, a step that does it wrong, is found. The torture suite has
// the rest of the operations.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { placeForSteps, traceSteps, untraceable, widerThanPrivate } from '../support/creations.js';
import { scratch } from '../support/import-files.js';

/** One of each kind of file and directory. */
const KINDS = [
  ...[/store\/shards\/\d+\.ndjson\.zst$/, /\.unfinished$/, /\.run$/, /\.bad$/, /quarantine\/records\..*\.ndjson$/],
  ...[/store\/index\/data\.mdb$/, /index\/lock\.mdb$/, /gate\.mdb[^/]*$/, /gate\.mdb[^/]*-lock$/, /\/opening-/],
  ...[/hot-set\.ndjson\.new$/, /partial\/index\/data\.mdb$/, /partial\/shards\//, /repair\.partial\//, /\/backups$/],
  ...[/\/\.all\.ndjson\.\w+\.tmp$/, /partial\/keys\.json[^/]*$/, /encrypt\.partial\/shards\/.*\.sealed/],
];

describe.skipIf(untraceable)(`every file is private when it is created (${untraceable ?? 'traced'})`, () => {
  test('of an import, changes, a compaction, a backup, a repair, an export and an encryption', async () => {
    const directory = placeForSteps(scratch());
    const changes = ['import', 'put', 'transaction', 'hotSet', 'compact'];
    const { created, faults } = await traceSteps(directory, [...changes, 'backupCopy', 'repair', 'export', 'encrypt']);
    expect(faults).toEqual([]);
    expect(widerThanPrivate(join(directory, 'out'))).toEqual([]);
    expect(KINDS.filter((kind) => !created.some((path) => kind.test(path)))).toEqual([]);
  });

  test('a file that is wider for a moment, and one whose mode is changed, would be found', async () => {
    const { faults } = await traceSteps(placeForSteps(scratch()), ['wide']);
    expect(faults).toEqual([
      expect.stringMatching(/^mkdir\(.*wide", 0777\)/),
      expect.stringMatching(/^openat\(.*wide\/file", .*0640\)/),
      expect.stringMatching(/^chmod\(.*wide\/file", 0600\)/),
    ]);
  });
});
