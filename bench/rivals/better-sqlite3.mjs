// better-sqlite3: parse each record, insert its text under its key; WAL, 10,000 records a transaction.

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { jsonRecords } from './json-records.mjs';
import { runRival, valueAt } from './rival.mjs';

const RECORDS_PER_TRANSACTION = 10_000;

function open({ out }) {
  const database = new Database(join(out, 'records.sqlite'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('cache_size = -262144');
  return database;
}

await runRival({
  async load(task) {
    const database = open(task);
    const type = task.keyType === 'integer' ? 'INTEGER' : 'TEXT';
    database.exec(`CREATE TABLE records (key ${type} PRIMARY KEY, json TEXT NOT NULL)`);
    // A plain INSERT: two records whose keys JSON.parse rounds to one number are an error, not a silent replacement.
    const insert = database.prepare('INSERT INTO records VALUES (?, ?)');
    let records = 0;
    database.exec('BEGIN');
    for (const { text, value } of jsonRecords(task)) {
      insert.run(valueAt(value, task.key), text);
      if (++records % RECORDS_PER_TRANSACTION === 0) database.exec('COMMIT; BEGIN');
    }
    database.exec('COMMIT');
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    return { records };
  },
  async open(task) {
    const database = open(task);
    const select = database.prepare('SELECT json FROM records WHERE key = ?').pluck();
    const keyOf = task.keyType === 'integer' ? BigInt : String;
    return {
      get: (key) => select.get(keyOf(key)),
      count: () => database.prepare('SELECT count(*) FROM records').pluck().get(),
      close: () => database.close(),
    };
  },
});
