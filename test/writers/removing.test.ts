// Goal: a directory is removed although a process that was thought dead still writes into it for a while.
// Method: such a process, and removals beside it, again and again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { temporaryDirectory } from '../support/build-store.js';

/** Makes directories as they are named on its input, and 300 files in each, or as many as it can. */
const WRITER = `
  const { mkdirSync, writeFileSync } = require('node:fs');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (directory) => {
    try {
      for (let i = 0; i < 300; i++) {
        writeFileSync(directory + '/' + i, 'x');
        if (i === 20) console.log('begun');
      }
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    console.log('ended');
  });
`;

test('a directory is removed although another process still writes into it', async () => {
  const { path, remove } = temporaryDirectory();
  const writer = spawn(process.execPath, ['-e', WRITER], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    writer.kill('SIGKILL');
    await once(writer, 'close');
    remove();
  });
  const said = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
  for (let round = 0; round < 40; round++) {
    const directory = join(path, `${round}`);
    mkdirSync(directory);
    writer.stdin.write(`${directory}\n`);
    expect(await said.next()).toMatchObject({ value: 'begun' });
    await files.removeDirectory(directory);
    expect(await said.next()).toMatchObject({ value: 'ended' });
    expect(existsSync(directory)).toBe(false);
  }
});
