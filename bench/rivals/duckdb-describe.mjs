// DuckDB, the columns and types of all records: DESCRIBE of read_json without a sample.
//
//   node bench/rivals/duckdb-describe.mjs <source of NDJSON>

import { DuckDBInstance } from '@duckdb/node-api';

const source = process.argv[2].replaceAll("'", "''");
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const described = await connection.runAndReadAll(
  `DESCRIBE SELECT * FROM read_json('${source}', format = 'newline_delimited', sample_size = -1)`,
);
console.log(JSON.stringify({ columns: described.getRows().length }));
connection.closeSync();
instance.closeSync();
