// DuckDB, records kept whole: read_json_objects into a table of (key, json) with an index. Keys beyond 2^53 stay exact.

import { keyExpression, loadTable, openTable, readOptions } from './duckdb-store.mjs';
import { runRival } from './rival.mjs';

await runRival({
  load: (task) =>
    loadTable(task, `SELECT ${keyExpression(task)} AS key, json FROM read_json_objects(${readOptions(task)})`, 'key'),
  open: (task) => openTable(task, 'json', 'key', (reader) => reader.getRows()[0]?.[0]),
});
