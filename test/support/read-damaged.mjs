// A process of its own, since a damaged LMDB file may end it: reads the store whose path is given in every way, repairs it
// first where `repair` is asked for, and prints as JSON what it came to: texts that were never put, records not found, codes
// of errors, what the repair was made from, whether verification finds the store sound.
//
//     node read-damaged.mjs <store> <expected.json> read|repair [the key, as text]

import { readFileSync } from 'node:fs';
import { openStore, repairStore } from '../../dist/src/index.js';

const [directory = '', expectedFile = '', task, key] = process.argv.slice(2);
const how = key === undefined ? {} : { encryption: { key: Buffer.from(key) } };
/** @type {Record<string, [string | number, string][]>} */
const expected = JSON.parse(readFileSync(expectedFile, 'utf8'));
const found = {
  wrong: /** @type {string[]} */ ([]),
  missing: 0,
  isSound: false,
  codes: /** @type {string[]} */ ([]),
  from: '',
};

/** @param {() => unknown} work */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
    if (code === undefined) found.wrong.push(`an error without a code: ${message}`);
    else found.codes.push(code);
  }
}

await attempt(async () => {
  if (task === 'repair') ({ from: found.from } = await repairStore(directory, { workers: 1, ...how }));
  const store = await openStore(directory, { readOnly: true, ...how });
  for (const [name, records] of Object.entries(expected)) {
    await attempt(async () => {
      const collection = store.collection(name);
      const texts = new Set(records.map(([, text]) => text));
      for (const [key, text] of records) {
        await attempt(() => {
          const got = collection.getTextSync(key);
          if (got === undefined) found.missing++;
          else if (got !== text) found.wrong.push(`${name} ${key}: ${got}`);
        });
      }
      await attempt(async () => {
        let scanned = 0;
        for await (const { text } of collection.scanText()) {
          if (!texts.has(text)) found.wrong.push(`scan of ${name}: ${text}`);
          scanned++;
        }
        if (scanned !== records.length) found.missing += Math.abs(records.length - scanned);
      });
    });
  }
  await attempt(async () => {
    ({ isSound: found.isSound } = await store.verify({ workers: 1 }));
  });
  await store.close();
});
console.log(JSON.stringify(found));
