// For the tests of hostile-sealed.ts: makes the stores, has one changed by a seed, and tries it.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openStore, type StoreOptions } from '../../dist/src/index.js';
import type { Form } from './at-rest.js';
import { build, COLLECTION, GROUP, ID, type Sources, writeSources } from './at-rest-store.js';
import { changeFile, changeIndex, putBack, putValueBack, type Stores, valuesIn } from './hostile-sealed.js';
import { makeDirectory } from './import-files.js';
import { WORD } from './plaintexts.js';
import { pick, randomFrom } from './random.js';
import { type SealedValue, tamper } from './sealed-index.js';
import { type Answers, answersOf, changeAll, repairAll, wrongIn } from './sealed-trial.js';

export const WAYS = ['a file', 'a value of the index', 'an older value', 'older files'] as const;
export type Way = (typeof WAYS)[number];

const optionsOf = (keys: Form, fill: number): StoreOptions =>
  keys === 'plain' ? {} : { encryption: { key: Buffer.alloc(32, fill) }, keys };

/** For all tests of a group: makes the stores, and removes everything. @param keys how these are kept, where it is encrypted */
export function hostileSealed(keys: Form) {
  const options = optionsOf(keys, 7);
  let directory: ReturnType<typeof makeDirectory>;
  let sources: Sources;
  let stores: Stores;
  let values: Record<keyof Stores, readonly SealedValue[]>;
  let before: Answers;
  let now: Answers;

  beforeAll(async () => {
    directory = makeDirectory();
    const at = (name: string) => join(directory.path, name);
    sources = writeSources(at('sources'));
    stores = { now: at('now'), older: at('older'), plain: at('plain'), other: at('other') };
    await build(stores.older, options, sources);
    await build(stores.plain, {}, sources);
    await build(stores.other, optionsOf(keys, 8), sources);
    cpSync(stores.older, stores.now, { recursive: true });
    await changed(stores.now, options);
    before = (await answersOf(stores.older, options)).answers;
    now = (await answersOf(stores.now, options)).answers;
    const [ofNow, older, plain, strange] = await Promise.all(Object.values(stores).map(valuesIn));
    values = { now: ofNow!, older: older!, plain: plain!, other: strange! };
  });
  afterAll(() => directory.remove());

  return async (way: Way, seed: number): Promise<{ readonly change: string; readonly wrong: readonly string[] }> => {
    const random = randomFrom(seed);
    const trial = join(directory.path, 'trial');
    const store = join(trial, 'store');
    rmSync(trial, { recursive: true, force: true });
    mkdirSync(trial);
    cpSync(stores.now, store, { recursive: true });
    let change = '';
    if (way === 'a file') change = changeFile(store, stores, random);
    else if (way === 'older files') change = putBack(store, stores, random);
    else {
      await tamper(store, (index) => {
        change = (way === 'an older value' ? putValueBack : changeIndex)(index, values, random);
      });
    }
    const work = pick(random, ['ask', 'ask', 'change', 'repair'] as const);
    // A whole older state is what it was then; nothing in a store tells that there was a newer one.
    const stored = way === 'older files' ? [now, before] : [now];
    let wrong: string[];
    if (work === 'ask') wrong = wrongIn(await answersOf(store, options, random(2) === 0), stored);
    else if (work === 'change') wrong = await changeAll(store, options, sources.file);
    else {
      const { encryption } = options;
      wrong = await repairAll(store, { ...(encryption && { encryption }) }, textsIn([before, now]));
    }
    return { change: `${work}: ${change}`, wrong };
  };
}

/** What all collections held, then or later. */
function textsIn(answers: readonly Answers[]): ReadonlySet<string> {
  const scans = answers.flatMap((one) => [...one].filter(([what]) => what.startsWith('scan')));
  return new Set(scans.flatMap(([, texts]) => texts as string[]));
}

/** So that values, pages and shards are others than before, and some are gone. */
async function changed(directory: string, options: StoreOptions): Promise<void> {
  const store = await openStore(directory, { ...options, config: false });
  await store.transaction((transaction) => {
    const rows = transaction.collection(COLLECTION);
    rows.put({ [ID]: `${WORD}1`, [GROUP]: `${WORD}-g1`, text: 'newer' });
    rows.delete(`${WORD}104`);
  });
  await store.compact({ minDeadShare: 0.05 });
  await store.transaction((transaction) => transaction.collection(COLLECTION).delete(`${WORD}60`));
  await store.close();
}
