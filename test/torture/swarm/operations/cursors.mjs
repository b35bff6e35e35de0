// Pages of an edited collection, each read after the cursor of the one before it, while its slot changes it: the records
// that stay are read once each, whatever becomes of those between them.

import { setTimeout } from 'node:timers/promises';
import { STAYING, stayingId } from '../edits.mjs';
import { FRESHNESS } from '../worker-state.mjs';

/** @typedef {import('../types.js').Stored} Stored */

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const cursors = {
  name: 'cursors',
  async run(worker, random) {
    const names = worker.store.collections().filter((name) => name.startsWith('edited '));
    if (names.length === 0) return;
    const name = random.pick(names);
    await worker.change('cursors', {}, () => readPages(worker, random, name));
  },
};

/** @param {import('../worker-state.mjs').Worker} worker @param {import('../random.mjs').Random} random @param {string} name */
async function readPages(worker, random, name) {
  const collection = /** @type {import('../../../../dist/src/index.js').Collection<Stored>} */ (
    worker.store.collection(name)
  );
  const freshness = random.pick(FRESHNESS);
  const epoch = () => collection.getSync(stayingId(0), { freshness })?.epoch;
  const [index, reverse, limit] = [random.pick([undefined, 'group', 'owner']), random.chance(0.5), 1 + random.below(7)];
  const options = { reverse, limit, freshness, ...(index !== undefined && { index }) };
  const began = epoch();
  /** @type {string[]} */
  const seen = [];
  let last = /** @type {import('../../../../dist/src/index.js').Row<Stored> | undefined} */ (undefined);
  let expired = false;
  for (let page = limit; page === limit && !expired; ) {
    page = 0;
    try {
      for await (const row of collection.range({ ...options, ...(last !== undefined && { after: last.cursor }) })) {
        page++;
        last = row;
        seen.push(String(row.primaryKey));
      }
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'CURSOR_EXPIRED') throw error;
      expired = true;
    }
    if (random.chance(0.4)) await setTimeout(random.below(8));
  }
  // Cleared meanwhile, what stays went too.
  if (began === undefined || epoch() !== began) return;
  const facts = { name: collection.name, index, reverse, limit, freshness, last: last?.primaryKey, seen };
  // Its own record has to be gone for that.
  if (expired && String(last?.primaryKey).startsWith('stay'))
    worker.wrong('a cursor expired whose record is there', facts);
  if (expired) return;
  const times = Array.from({ length: STAYING }, (_, i) => seen.filter((id) => id === stayingId(i)).length);
  if (times.some((count) => count !== 1)) worker.wrong('a cursor skipped or repeated a record', { ...facts, times });
}
