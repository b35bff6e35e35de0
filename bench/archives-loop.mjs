// A process of bench/archives.mjs: the loop that anybody would write. Each file of a folder is read, parsed, and inserted with
// its path as key, in a transaction of its own, or all in one.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const [folder, out, how] = process.argv.slice(2);
mkdirSync(out);
const database = new Database(join(out, 'records.sqlite'));
if (how !== 'each') {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
}
database.exec('CREATE TABLE records (key TEXT PRIMARY KEY, json TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO records VALUES (?, ?)');
if (how === 'one') database.exec('BEGIN');
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const text = readFileSync(path, 'utf8');
  JSON.parse(text);
  insert.run(path.slice(folder.length + 1), text);
}
if (how === 'one') database.exec('COMMIT');
database.close();
