// chDB (ClickHouse in the process): JSONAsString into a MergeTree ordered by the key. Keys beyond 2^53 stay exact as UInt64.
// The primary index is sparse, so a lookup decompresses the 8,192 rows around the key.

import { join } from 'node:path';
import { Session } from 'chdb';
import { quoted, runRival } from './rival.mjs';

const keyColumn = ({ keyType }) => (keyType === 'integer' ? 'UInt64' : 'String');

function keyExpression({ key, keyType }) {
  const path = key.split('.').map(quoted).join(', ');
  return `JSONExtract(json, ${path}, '${keyColumn({ keyType })}')`;
}

const open = ({ out }) => new Session(join(out, 'chdb'));

await runRival({
  async load(task) {
    const session = open(task);
    session.query('CREATE DATABASE bench');
    session.query(`CREATE TABLE bench.records (key ${keyColumn(task)}, json String) ENGINE = MergeTree ORDER BY key`);
    // JSONAsString reads lines and the elements of one array alike.
    const source = `file(${quoted(task.source)}, 'JSONAsString', 'json String')`;
    session.query(`INSERT INTO bench.records SELECT ${keyExpression(task)}, json FROM ${source}`);
    const records = Number(session.query('SELECT count() FROM bench.records', 'TSV'));
    // What is in use: parts that a merge has replaced stay in the folder for some minutes.
    const parts = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'";
    const bytesStored = Number(session.query(parts, 'TSV'));
    session.close();
    return { records, bytesStored };
  },
  async open(task) {
    const session = open(task);
    const literal = (key) => (task.keyType === 'integer' ? BigInt(key) : quoted(key));
    return {
      // TSVRaw: the text as it is stored, not escaped once more.
      get: (key) => session.query(`SELECT json FROM bench.records WHERE key = ${literal(key)}`, 'TSVRaw').trimEnd(),
      // A MergeTree takes equal keys without a word, so a key that was read wrongly would show only here.
      count: () => session.query('SELECT uniqExact(key) FROM bench.records', 'TSV'),
      close: () => session.close(),
    };
  },
});
