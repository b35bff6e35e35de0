// Imports of every mode, from every kind of source; with bad records, cancelled, and without waiting for others.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { IMPORTED, ownedRecord, publication, SHARED_KEYS } from '../layout.mjs';
import { writeSource } from '../sources.mjs';
import { newVersions } from './changes.mjs';

/** @typedef {import('../worker-state.mjs').Worker} Worker */
/** @typedef {import('../random.mjs').Random} Random */

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const importPublished = {
  name: 'import published',
  async run(worker, random) {
    const tag = worker.newName();
    const mode = random.pick(/** @type {const} */ (['replace', 'upsert', 'upsert', 'insert']));
    const records = publication(tag, keysFor(mode, tag, random), mode);
    await runImport(worker, random, {
      id: tag,
      collection: 'published',
      mode,
      records,
      facts: { published: { mode, tag } },
    });
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const importOwned = {
  name: 'import owned',
  async run(worker, random) {
    const owned = newVersions(worker, random, 12, false);
    const records = Object.entries(owned).map(([key, version]) => ownedRecord(key, version));
    await runImport(worker, random, {
      id: worker.newName(),
      collection: 'owned',
      mode: 'upsert',
      records,
      facts: { owned },
    });
  },
};

/** Inserted keys are new ones. @param {string} mode @param {string} tag @param {Random} random */
export function keysFor(mode, tag, random) {
  const count = 1 + random.below(random.chance(0.1) ? 400 : 40);
  const keys = Array.from({ length: count }, (_, i) =>
    mode === 'insert' ? `${tag}/${i}` : `shared ${random.below(SHARED_KEYS)}`,
  );
  return [...new Set(keys)];
}

/**
 * @param {Worker} worker @param {Random} random
 * @param {{ id: string, collection: string, mode: 'replace' | 'upsert' | 'insert', records: readonly unknown[],
 *   facts: import('../types.js').Facts }} what
 */
async function runImport(worker, random, { id, collection, mode, records, facts }) {
  const bad = random.chance(0.2) ? 1 + random.below(3) : 0;
  const onBadRecord = bad > 0 ? random.pick(/** @type {const} */ (['fail', 'skip', 'quarantine'])) : 'fail';
  const source = writeSource(join(worker.start.scratch, id), records, random, { bad });
  const cancel = new AbortController();
  const cancelling = random.chance(0.15) ? setTimeout(() => cancel.abort(), random.below(80)) : undefined;
  const options = {
    ...{ ...IMPORTED, collection, mode, onBadRecord, signal: cancel.signal },
    ...{ workers: 1 + random.below(2), wait: random.chance(0.85) },
    ...(random.chance(0.5) && { spanBytes: random.pick([200, 2000, 20_000]) }),
  };
  try {
    const work = () => worker.store.import(source, options);
    const report = await worker.change(`import ${collection} ${mode}`, facts, work, id);
    const { read, stored, rejected, replaced } = report.records;
    if (read !== stored + rejected + replaced || stored !== records.length || rejected !== bad) {
      worker.wrong('an import counted wrongly', { id, counts: report.records, records: records.length, bad });
    }
    if (bad > 0 && onBadRecord === 'fail') worker.wrong('an import took bad records', { id });
    if (report.quarantine !== undefined) rmSync(report.quarantine, { force: true });
  } finally {
    clearTimeout(cancelling);
    rmSync(source, { recursive: true, force: true });
  }
}
