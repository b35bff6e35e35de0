// DuckDB, rows of CSV: read_csv with all columns as text, as gristmill reads them, into a table with an index on the key.

import { loadTable, openTable } from './duckdb-store.mjs';
import { runRival } from './rival.mjs';

await runRival({
  load: (task) => {
    const source = task.source.replaceAll("'", "''");
    return loadTable(task, `SELECT * FROM read_csv('${source}', header = true, all_varchar = true)`, `"${task.key}"`);
  },
  open: (task) => openTable(task, '*', `"${task.key}"`, (reader) => reader.getRowObjects()[0]),
});
