// Goal: whatever gristmill creates is private from the first instant, also if the umask forbids nothing: files 0600,
// directories 0700, no mode changed afterwards.
// Method: strace shows every system call of each operation, one after another on one store; then the file system is asked for the
// modes there are. An import is killed and resumed. test/opening/permissions.test.ts has the twin that does it wrong.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { placeForSteps, traceImport, traceSteps, untraceable, widerThanPrivate } from '../support/creations.js';
import { scratchDirectory } from './harness.js';

/** In the order in which one store goes through them. */
const STEPS = [
  ...['import', 'upsert', 'formats', 'put', 'transaction', 'hotSet', 'watch', 'compact', 'addIndex', 'dropIndex'],
  ...['rename', 'renameBack', 'retry', 'backup', 'backupCopy', 'export', 'exportDocument', 'repair', 'repairShards'],
  ...['cliImport', 'cliPut', 'cliBackup', 'cliRepair', 'cliDefault', 'drop'],
  ...['sealed', 'encrypt', 'rotate', 'reencrypt', 'decrypt'],
];

describe.skipIf(untraceable)(`permissions of what is created (${untraceable ?? 'traced'})`, () => {
  const scratch = scratchDirectory();
  const directory = placeForSteps(scratch.path);
  const out = join(directory, 'out');
  afterAll(() => scratch.remove());

  test.each(STEPS)('%s', async (step) => {
    const { created, faults } = await traceSteps(directory, [step]);
    expect(faults).toEqual([]);
    expect(created).not.toEqual([]);
    expect(widerThanPrivate(out)).toEqual([]);
  });

  test('an import that is killed, and the one that resumes it', async () => {
    const store = prepareStoreDirectory(join(out, 'resumed'), true);
    const source = join(directory, 'in', 'lines.ndjson');
    const lines = Array.from({ length: 1200 }, (_, i) =>
      i % 50 === 7 ? '{"id":oops}' : `{"id":${i},"text":"resumed"}`,
    );
    writeFileSync(source, lines.join('\n'));
    const options = { key: 'id', onBadRecord: 'quarantine', spanBytes: 1500, workers: 1 };
    const order = { directory: store, sources: [source], options };
    const killed = await traceImport(directory, { ...order, killAtScan: 8 });
    expect(readdirSync(join(store, 'tmp'))).toHaveLength(1);
    expect(killed.created).toContainEqual(expect.stringMatching(/\/journal$/));
    const resumed = await traceImport(directory, order);
    expect(existsSync(join(store, 'tmp'))).toBe(false);
    expect([...killed.faults, ...resumed.faults]).toEqual([]);
    expect(widerThanPrivate(out)).toEqual([]);
  });
});
