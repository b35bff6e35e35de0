// A process that imports again and again into a store: each import replaces the collection by records of its own number.

import { writeFileSync } from 'node:fs';
import { openStore } from '../../dist/src/index.js';

const [directory, source, records] = /** @type {[string, string, string]} */ (process.argv.slice(2));
const store = await openStore(directory);
for (let number = 1; ; number++) {
  const lines = Array.from({ length: Number(records) }, (_, id) => JSON.stringify({ id, number }));
  writeFileSync(source, lines.join('\n'));
  await store.import(source, { key: 'id', workers: 1, spanBytes: 4096 });
  process.send?.(number);
}
