// What the two DuckDB variants share: open the database, fill a table, index its key, look records up.

import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const FORMATS = { ndjson: 'newline_delimited', array: 'array' };

/** The options of read_json and read_json_objects for this source. */
export function readOptions({ source, form }) {
  return `'${source.replaceAll("'", "''")}', format = '${FORMATS[form]}'`;
}

/** `json -> '$.user.id'` as the type that keeps it exactly. */
export function keyExpression({ key, keyType }) {
  return `(json ->> '$.${key}')${keyType === 'integer' ? '::UBIGINT' : ''}`;
}

async function connect({ out }) {
  const instance = await DuckDBInstance.create(join(out, 'records.duckdb'));
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function countOf(connection, what) {
  const counted = what === '*' ? what : `DISTINCT ${what}`;
  const [[count]] = (await connection.runAndReadAll(`SELECT count(${counted}) FROM records`)).getRows();
  return Number(count);
}

/** Loads `records`, then indexes it (an index filled while loading is slower). */
export async function loadTable(task, select, keyColumn) {
  const { connection, close } = await connect(task);
  // Documented for bulk loads that do not fit in memory: without it row order is kept at the price of buffering.
  await connection.run('SET preserve_insertion_order = false');
  await connection.run(`CREATE TABLE records AS ${select}`);
  await connection.run(`CREATE UNIQUE INDEX records_by_key ON records (${keyColumn})`);
  await connection.run('CHECKPOINT');
  const records = await countOf(connection, '*');
  close();
  return { records };
}

export async function openTable(task, columns, keyColumn, recordOf) {
  const { connection, close } = await connect(task);
  // The key as a literal: bound as a parameter of another integer type than the column's, it is found by reading the
  // whole table instead of the index (3.2 ms instead of 0.7 ms in 829,160 records).
  const literal = (key) => (task.keyType === 'integer' ? BigInt(key) : `'${key.replaceAll("'", "''")}'`);
  return {
    async get(key) {
      const sql = `SELECT ${columns} FROM records WHERE ${keyColumn} = ${literal(key)}`;
      return recordOf(await connection.runAndReadAll(sql));
    },
    count: () => countOf(connection, keyColumn),
    close,
  };
}
