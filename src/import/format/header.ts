// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The header of a CSV or TSV file: the names of its columns, each once.

import { GristmillError } from '../../base/errors.js';
import { shownText } from '../../base/snippet.js';
import { type CellType, parseCellTypes } from './cell-types.js';

/** A column of the file. */
export interface Column {
  readonly name: string;
  /** The bytes of JSON from the cell before to the cell's value, such as `,"name":`. */
  readonly lead: Uint8Array;
  readonly type: CellType;
}

/**
 * @param cells of the first row
 * @param types option `types`
 * @throws GristmillError SOURCE_BAD_HEADER
 */
export function columnsOf(path: string, cells: readonly Uint8Array[], types: string | undefined): Column[] {
  const names = cells.map((cell, i) => nameOf(path, cell, i));
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw badHeader(
        path,
        `the column ${shownText(() => JSON.stringify(name))} twice. Give each column a name of its own`,
      );
    seen.add(name);
  }
  const parsed = types === undefined ? new Map<string, CellType>() : parseCellTypes(types);
  const unknown = parsed === 'auto' ? undefined : [...parsed.keys()].find((name) => !seen.has(name));
  if (unknown !== undefined) {
    const shown = names.slice(0, 10).map((name) => JSON.stringify(name));
    const what = `no column ${JSON.stringify(unknown)}, but option types names that column. The header has ${shownText(() => shown.join(', '))}`;
    throw badHeader(path, names.length > shown.length ? `${what} …` : what);
  }
  return names.map((name, i) => ({
    name,
    lead: Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    type: parsed === 'auto' ? 'auto' : (parsed.get(name) ?? 'string'),
  }));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(path: string, cell: Uint8Array, i: number): string {
  let name: string;
  try {
    name = UTF8.decode(cell);
  } catch {
    throw badHeader(
      path,
      `a name in column ${i + 1} that is not UTF-8. Convert the file first, for example with iconv`,
    );
  }
  if (name === '') throw badHeader(path, `no name in column ${i + 1}. Give each column a name`);
  if (name.includes('\r')) {
    throw badHeader(
      path,
      'a carriage return in a name. If the lines end in carriage returns alone, replace them: tr "\\r" "\\n"',
    );
  }
  return name;
}

/** @param what the thing that the header has or lacks: the end of a sentence */
export function badHeader(path: string, what: string): GristmillError {
  const message = `The header of ${path} has ${what}.`;
  return new GristmillError('SOURCE_BAD_HEADER', message, { file: path, offset: 0, line: 1 });
}
