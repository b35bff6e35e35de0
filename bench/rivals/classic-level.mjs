// classic-level (LevelDB): parse each record, write its text under its key in batches of 1,000.

import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { jsonRecords } from './json-records.mjs';
import { runRival, valueAt } from './rival.mjs';

const RECORDS_PER_BATCH = 1_000;

const open = ({ out }) => new ClassicLevel(join(out, 'level'), { valueEncoding: 'utf8' });

await runRival({
  async load(task) {
    const database = open(task);
    let records = 0;
    let operations = [];
    for (const { text, value } of jsonRecords(task)) {
      records++;
      operations.push({ type: 'put', key: String(valueAt(value, task.key)), value: text });
      if (operations.length < RECORDS_PER_BATCH) continue;
      await database.batch(operations);
      operations = [];
    }
    await database.batch(operations);
    await database.close();
    return { records };
  },
  async open(task) {
    const database = open(task);
    return {
      get: (key) => database.get(key),
      async count() {
        let keys = 0;
        for await (const _ of database.keys()) keys++;
        return keys;
      },
      close: () => database.close(),
    };
  },
});
