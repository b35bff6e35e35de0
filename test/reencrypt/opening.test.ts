// Goal: a store can be opened at any moment of an exchange of data keys: its index is compared with its digest, whichever keys
// there are by then.
// Method: another process exchanges the data keys; this one opens the store, reads a record and closes it, again and again until
// the other one has ended. A false alarm of the digest would be an error here.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { scratch } from '../support/import-files.js';
import { KEY } from '../support/sealed.js';

const RECORDS = 60_000;
/** Fewer opens would say nothing of the moments between. */
const OPENS_MIN = 5;

test.each(['hidden', 'plaintext'] as const)(
  'keys %s: each open succeeds while data keys are exchanged',
  async (keys) => {
    const folder = scratch();
    const [keyFile, source, directory] = ['key', 'source.ndjson', 'store'].map((name) => join(folder, name)) as [
      ...[string, string, string],
    ];
    writeFileSync(keyFile, KEY, { mode: 0o600 });
    writeFileSync(source, Array.from({ length: RECORDS }, (_, id) => `{"id":${id},"n":"${id % 977}"}\n`).join(''));
    const encryption = { keyFile };
    const made = await openStore(directory, { encryption, keys });
    await made.import(source, { key: 'id', indexes: ['n'], spanBytes: 100_000 });
    await made.close();
    const words = ['key', 'reencrypt', '--store', directory, '--key-file', keyFile, '--quiet'];
    const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
    let code: number | undefined;
    const closed = once(child, 'close').then(([ended]) => {
      code = ended as number;
    });
    let opens = 0;
    for (; code === undefined; opens++) {
      const store = await openStore(directory, { encryption, readOnly: true });
      expect(await store.collection('records').getText(4711)).toBe('{"id":4711,"n":"803"}');
      await store.close();
    }
    await closed;
    expect(code).toBe(0);
    expect(opens).toBeGreaterThan(OPENS_MIN);
  },
);
