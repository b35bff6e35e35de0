// Writes what is imported, in all the ways in which records may lie in a source, some of them bad.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FORMS = ['ndjson', 'array', 'folder', 'values'];
/** Where a bad record does not change what the others are taken for. */
const CLEAR = ['ndjson', 'folder'];
const BAD = ['{"id": "bad", oops}', '{"no": "key"}', '{"id": "bad" "group": 1}'];

/**
 * @param {string} base path without extension @param {readonly unknown[]} records @param {import('./random.mjs').Random} random
 * @param {{ bad?: number, form?: string }} how `bad` records among them; the `form`, otherwise random
 * @returns {string} path of a file or folder
 */
export function writeSource(base, records, random, { bad = 0, form = random.pick(bad > 0 ? CLEAR : FORMS) } = {}) {
  const texts = records.map((record) => JSON.stringify(record));
  for (let i = 0; i < bad; i++) texts.splice(random.below(texts.length + 1), 0, random.pick(BAD));
  if (form === 'folder') {
    mkdirSync(base, { recursive: true });
    const perFile = 2 + random.below(20);
    for (let i = 0; i < texts.length; i += perFile) {
      // Two records at least, so that each file is one of lines.
      const isLast = texts.length - i < perFile + 2;
      // In the order of the records.
      const name = `${String(i).padStart(5, '0')}.ndjson`;
      writeFileSync(join(base, name), `${texts.slice(i, isLast ? undefined : i + perFile).join('\n')}\n`);
      if (isLast) break;
    }
    return base;
  }
  const path = `${base}.${form === 'ndjson' ? 'ndjson' : 'json'}`;
  if (form === 'array') writeFileSync(path, `[${texts.join(',\n')}]`);
  else writeFileSync(path, texts.join(form === 'values' ? ' \n\n ' : '\n'));
  return path;
}
