// [quarantine]: the names of rejected records, in collections whose keys are names.
//
// A member of an object has its name before it. A record of a folder is named by its file: the manifest of the sources says
// which folder the file is in.

import { relative } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { formatOf } from '../../import/format/coding.js';
import { isNamedLines } from '../../import/source/layout.js';
import type { Catalog, CollectionManifest } from '../../store/types.js';

const MEMBER = /^\s*(?<name>"(?:[^"\\]|\\.)*")\s*:(?<text>.*)$/s;

/** The parts of `"name": value`; undefined for anything else. */
export function memberOf(text: string): { readonly name: string; readonly text: string } | undefined {
  const { name, text: value } = MEMBER.exec(text)?.groups ?? {};
  if (name === undefined || value === undefined) return undefined;
  try {
    return { name: JSON.parse(name) as string, text: value };
  } catch {
    return undefined;
  }
}

/** @throws GristmillError BAD_RECORD where nobody knows the folder any more */
export function nameInFolder(
  catalog: Catalog,
  { id, name }: CollectionManifest,
  { file, record, start }: { readonly file: string; readonly record: number; readonly start: number },
): string {
  for (const source of catalog.sourceManifest(id)?.sources ?? []) {
    const path = relative(source, file).replaceAll('\\', '/');
    if (path === '' || path.startsWith('../')) continue;
    // A file that is bad as a whole has one record, from its first byte on.
    const hasMany = isNamedLines(path) || formatOf(path, {}) !== undefined;
    return hasMany || record > 0 || start > 0 ? `${path}#${record}` : path;
  }
  const message = `the record has no name, and ${file} is not in a source folder of ${name}: put the record with its name`;
  throw new GristmillError('BAD_RECORD', message, { file });
}
