// lmdb-js with one put per record: parse each record, put its text under its key; 10,000 records a transaction.

import { open as openEnvironment } from 'lmdb';
import { jsonRecords } from './json-records.mjs';
import { runRival, valueAt } from './rival.mjs';

const RECORDS_PER_TRANSACTION = 10_000;

const open = ({ out }) => openEnvironment({ path: out, encoding: 'string', noSubdir: false });

await runRival({
  async load(task) {
    const environment = open(task);
    let records = 0;
    let batch = [];
    // noOverwrite returns false for a key that is there: JSON.parse rounds integers beyond 2^53, two could become one.
    const putAll = () =>
      environment.transactionSync(() => {
        for (const { key, text } of batch) {
          if (!environment.putSync(key, text, { noOverwrite: true })) throw new Error(`the key ${key} comes twice`);
        }
      });
    for (const { text, value } of jsonRecords(task)) {
      records++;
      batch.push({ key: valueAt(value, task.key), text });
      if (batch.length < RECORDS_PER_TRANSACTION) continue;
      putAll();
      batch = [];
    }
    putAll();
    await environment.flushed;
    await environment.close();
    return { records };
  },
  async open(task) {
    const environment = open(task);
    const keyOf = task.keyType === 'integer' ? Number : String;
    return {
      get: (key) => environment.get(keyOf(key)),
      count: () => environment.getStats().entryCount,
      close: () => environment.close(),
    };
  },
});
