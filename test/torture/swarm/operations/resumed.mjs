// An import that keeps a journal, in a process of its own that is killed at random moments and started again until it is done.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IMPORTED, publication } from '../layout.mjs';
import { writeSource } from '../sources.mjs';
import { keysFor } from './imports.mjs';

const PROGRAM = fileURLToPath(new URL('../resumable-import.mjs', import.meta.url));
/** After so many kills it is left in peace. */
const KILLS_MAX = 4;

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const importResumed = {
  name: 'import resumed',
  async run(worker, random) {
    const tag = worker.newName();
    const mode = random.pick(['replace', 'upsert']);
    const records = publication(tag, keysFor(mode, tag, random), mode);
    // Folders keep no journal.
    const source = writeSource(join(worker.start.scratch, tag), records, random, { form: 'ndjson' });
    const options = { ...IMPORTED, collection: 'published', mode, spanBytes: 300, workers: 1 + random.below(2) };
    try {
      await worker.change(
        `import resumed ${mode}`,
        { published: { mode, tag } },
        async () => {
          for (let kills = random.below(KILLS_MAX); ; kills--) {
            const child = spawn(process.execPath, [
              PROGRAM,
              JSON.stringify({ store: worker.start.store, source, options }),
            ]);
            const killing = kills > 0 ? setTimeout(() => child.kill('SIGKILL'), 150 + random.below(500)) : undefined;
            const { code, output } = await ended(child);
            clearTimeout(killing);
            if (code === 0) return;
            if (killing === undefined || code !== null) {
              throw Object.assign(new Error(output), { code: /^code: (\w+)/m.exec(output)?.[1] ?? `exit ${code}` });
            }
          }
        },
        tag,
      );
    } finally {
      rmSync(source, { force: true });
    }
  },
};

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, output: string, errors: string }>} */
export function ended(child) {
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output: output + errors, errors }));
  });
}
