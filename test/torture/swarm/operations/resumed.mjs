// An import that keeps a journal, in a process of its own that is killed, at random moments or at a stage, and started again
// until it is done.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IMPORTED, publication } from '../layout.mjs';
import { writeSource } from '../sources.mjs';
import { keysFor } from './imports.mjs';

const PROGRAM = fileURLToPath(new URL('../../../support/import-child.mjs', import.meta.url));
/** After so many kills it is left in peace. */
const KILLS_MAX = 3;
/** Where it kills itself; `undefined`: it is killed at a random moment. Spans are in the journal when it merges. */
const POINTS = [{ killAtMerge: 1 }, { killAtStage: 'publish' }, { killAtStage: 'done' }, undefined];

/** @typedef {import('../random.mjs').Random} Random */

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const importResumed = {
  name: 'import resumed',
  async run(worker, random) {
    const tag = worker.newName();
    const mode = random.pick(['replace', 'upsert']);
    const records = publication(tag, keysFor(mode, tag, random), mode);
    // Folders keep no journal.
    const source = writeSource(join(worker.start.scratch, tag), records, random, { form: 'ndjson' });
    const options = { ...IMPORTED, collection: 'published', mode, spanBytes: 300 };
    const what = { directory: worker.start.store, sources: [source], options, journalFrom: 0 };
    const work = async () => {
      for (let kills = random.below(KILLS_MAX); kills > 0; kills--) {
        const report = await runKilled(what, random);
        if (report !== undefined) return report;
      }
      return runChild(what, () => {});
    };
    try {
      const published = { mode, tag };
      const report = await worker.change(`import resumed ${mode}`, { published }, work, tag);
      if (report?.resumed) await worker.change('resumed', {}, async () => {});
    } finally {
      rmSync(source, { force: true });
    }
  },
};

/** @param {object} what @param {Random} random */
function runKilled(what, random) {
  const point = random.pick(POINTS);
  const wait = 100 + random.below(600);
  return runChild({ ...what, ...point }, (child) => {
    if (point === undefined) setTimeout(() => child.kill('SIGKILL'), wait).unref();
  });
}

/**
 * @param {object} what for import-child.mjs @param {(child: import('node:child_process').ChildProcess) => void} meanwhile
 * @returns its report; undefined when it was killed. @throws what it failed with
 */
async function runChild(what, meanwhile) {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(what)]);
  meanwhile(child);
  const { code, signal, output } = await ended(child);
  if (signal === 'SIGKILL') return undefined;
  if (code !== 0)
    throw Object.assign(new Error(output), {
      code: /^ *code: '([A-Z_]+)'/m.exec(output)?.[1] ?? `exit ${code ?? signal}`,
    });
  const report = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  if (report.error !== undefined) throw Object.assign(new Error(report.message), { code: report.error });
  return report;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, output: string }>}
 */
export function ended(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}
