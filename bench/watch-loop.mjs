// What the processes of bench/watch.mjs share: a store that watches, and what a change came to.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;
const READABLE_MS_MAX = 60_000;

/** A record of about 1 KB. */
export function recordText(id, edition) {
  const text = `${id} `.repeat(Math.ceil(900 / `${id} `.length));
  return JSON.stringify({ id, edition, name: `record ${id}`, tags: ['a', 'b', id % 100], text });
}

/** What a store tells of its watching from now on; `ended` takes it. */
export function following(store) {
  const told = { bytes: 0, milliseconds: 0, changed: 0, added: 0 };
  const [rchar, began_ms] = [charactersRead(), performance.now()];
  const listener = ({ outcome, error, bytes, milliseconds, changed, added }) => {
    if (outcome === 'refused') throw error;
    told.bytes += bytes;
    told.milliseconds += milliseconds;
    told.changed += changed;
    told.added += added;
  };
  store.on('watch', listener);
  return {
    /** When what was written can be read; then waits until the watch has nothing left to do. */
    async ended(watcher, isReadable = () => true) {
      const written_ms = performance.now();
      while (!isReadable()) {
        if (performance.now() - written_ms > READABLE_MS_MAX) throw new Error('the change is not there');
        await sleep(POLL_MS);
      }
      const seconds = (performance.now() - written_ms) / 1e3;
      await watcher?.settled();
      // Events are told in a turn of their own.
      await sleep(POLL_MS);
      store.off('watch', listener);
      const read = rchar === undefined ? undefined : charactersRead() - rchar;
      return { seconds, ...told, rchar: read, elapsed_ms: performance.now() - began_ms };
    },
  };
}

/** Bytes this process has read, by any call that reads; undefined where the system does not say. */
function charactersRead() {
  try {
    return Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return undefined;
  }
}
