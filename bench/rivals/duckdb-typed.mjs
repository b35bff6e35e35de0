// DuckDB, records taken apart: read_json infers a column per member. Integers beyond 2^53 become BIGINT or UBIGINT, exact;
// members that the sampled head does not show are lost, and spellings are (1.0 and 1e0 become one number).

import { loadTable, openTable, readOptions } from './duckdb-store.mjs';
import { NotApplicable, runRival } from './rival.mjs';

function column({ key }) {
  if (key.includes('.')) throw new NotApplicable('an index is on a column, the key is inside one');
  return `"${key}"`;
}

await runRival({
  load: (task) => loadTable(task, `SELECT * FROM read_json(${readOptions(task)})`, column(task)),
  open: (task) => openTable(task, '*', column(task), (reader) => reader.getRowObjects()[0]),
});
