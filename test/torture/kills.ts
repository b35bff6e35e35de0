// One writer, killed and started again; readers that watch. For a minute in the torture suite, for seconds in npm test.

import { setTimeout } from 'node:timers/promises';
import { checkAfterCrash, expectClean, readStore } from './check.mjs';
import { Reader, Writer } from './harness.js';
import { History } from './model.mjs';

const READERS = 3;
/** A kill comes so many milliseconds after an acknowledgement, at most. */
const KILL_WITHIN = 500;

/** @returns what was done, for people. @throws when a reader or a check after a kill saw what it must not. */
export async function readersAgainstKills(store: string, seconds: number): Promise<string> {
  const history = new History('kills');
  let writer = new Writer(store, history);
  await writer.run(1);
  const readers = Array.from({ length: READERS }, () => new Reader(store, history));
  let n = 1;
  let kills = 0;
  try {
    // None is left out because it was slow to start.
    await Promise.all(readers.map((reader) => reader.heard(/^(read|wrong)/)));
    for (const end = Date.now() + seconds * 1000; Date.now() < end; kills++) {
      writer.tell(`loop ${n + 1}`);
      await writer.heard(/^done/);
      await setTimeout(Math.random() * KILL_WITHIN);
      await writer.kill();
      if (writer.failures.length > 0) throw new Error(JSON.stringify(writer.failures));
      n = await checkAfterCrash(store, history, writer.acknowledged);
      writer = new Writer(store, history);
    }
    for (const { wrong, errors } of readers) if (wrong || errors) throw new Error(wrong ?? errors);
  } finally {
    await Promise.all([...readers, writer].map((one) => one.kill()));
  }
  await readStore(store);
  await expectClean(store);
  return `kills: ${kills}, operations: ${n}, readings: ${readers.map(({ readings }) => readings).join(', ')}`;
}
