// Who takes part in the import bench, and with which key. gristmill is run as its users run it: by its command.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export const CONTENDERS = [
  ...['gristmill', 'zstd', 'json-parse'],
  ...['duckdb', 'duckdb-typed', 'chdb', 'better-sqlite3', 'classic-level', 'lmdb-put'],
];

// These read keys with JSON.parse, which rounds integers beyond 2^53: of 4,002 posts keyed by `id`, 33 were replaced
// without a word. As any careful program does, they take the id that is spelled as a string.
const READS_KEYS_WITH_JSON_PARSE = new Set(['better-sqlite3', 'classic-level', 'lmdb-put', 'json-parse']);

const KEYS = {
  nested: { key: 'id', keyType: 'integer' },
  events: { key: 'event_id', keyType: 'string' },
  flat: { key: 'id', keyType: 'integer' },
};
const STRING_KEY_OF_NESTED = { key: 'id_str', keyType: 'string' };

/** The command of a gristmill import; `rest` are its options. */
export function gristmillImport(source, out, ...rest) {
  const how = ['--store', out, '--mode', 'replace', '--json'];
  const args = [pathOf('../dist/src/cli/main.js'), 'import', source, ...how, ...rest];
  return { name: 'gristmill', command: process.execPath, args };
}

/** The yardstick: the system's zstd, compressing the same file. */
export function zstd(source, out) {
  return { name: 'zstd', command: 'zstd', args: ['-1', '--single-thread', '-f', '-q', '-o', out, source] };
}

/** The command lines of one contender for one source. */
export function contender(name, { dataset, form, source, out }) {
  if (name === 'zstd') return zstd(source, out);
  const rounds = dataset === 'nested' && READS_KEYS_WITH_JSON_PARSE.has(name);
  const { key, keyType } = rounds ? STRING_KEY_OF_NESTED : KEYS[dataset];
  const options = ['--form', form, '--key', key, '--key-type', keyType, '--out', out];
  const script = pathOf(name === 'gristmill' ? 'gristmill-lookups.mjs' : `rivals/${name}.mjs`);
  return {
    ...(name === 'gristmill'
      ? gristmillImport(source, out, '--key', key)
      : { name, command: process.execPath, args: [script, 'import', source, ...options] }),
    countArgs: [script, 'count', ...options],
    getArgs: (keysFile) => [script, 'get', ...options, '--keys', keysFile],
  };
}

/** What a contender left behind: a folder, or one file. */
export function storedBytes(path) {
  if (!existsSync(path)) return undefined;
  if (statSync(path).isFile()) return statSync(path).size;
  const entries = readdirSync(path, { recursive: true }).map((entry) => statSync(join(path, entry)));
  return entries.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
