// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What has no meaning for a source in its format is refused, and not ignored.

import { formatOf, hasCells } from '../format/coding.js';
import type { FilledImportOptions } from '../options/resolve.js';

const ARCHIVE_NAME = /\.(?:zip|tar|tgz|tbz2?|txz|tzst|tar\.\w+)$/i;

type Given = Pick<
  FilledImportOptions,
  'format' | 'types' | 'layout' | 'select' | 'dialect' | 'nonfinite' | 'onTruncated'
> & {
  readonly glob?: string | undefined;
  readonly hasCells?: boolean;
};

/** The options with whether a named source has cells: then option `types` is for that one, and not for others. */
export function amongSources<T extends Given>(paths: readonly string[], options: T): T {
  return { ...options, hasCells: paths.some((path) => hasCells(formatOf(path, options))) };
}

/** Options about how JSON is written, with what they are when they are not given. */
const OF_JSON = { dialect: 'json', nonfinite: 'reject', onTruncated: 'fail' } as const;

/** @throws TypeError for an option about how JSON is written, if all sources are converted to it: then it has no meaning */
export function checkSpelling(paths: readonly string[], options: Given): void {
  const formats = paths.map((path) => formatOf(path, options));
  const [path, format] = [paths[0], formats[0]];
  const given = Object.entries(OF_JSON).find(([name, usual]) => options[name as keyof typeof OF_JSON] !== usual);
  if (formats.includes(undefined) || given === undefined) return;
  throw new TypeError(
    `${path} is read as ${format}, and option ${given[0]} is for sources of JSON: import the file without it. If it is JSON, give option format: 'json'`,
  );
}

/** @throws TypeError for an option that is not for sources like this one */
export function checkFormat(path: string, options: Given): void {
  const format = formatOf(path, options);
  if (format !== undefined && (options.glob !== undefined || ARCHIVE_NAME.test(path))) {
    throw new TypeError(
      `${path} is an archive, and option format is for sources that are not archives. Leave it out: entries named .csv, .tsv or .bson have that format`,
    );
  }
  checkLayout(path, options);
}

/** The same for the entry of an archive. @throws TypeError */
export function checkEntry(archive: string, path: string, options: Given): void {
  checkLayout(`${archive}::${path}`, options);
  checkCells(`${archive}::${path}`, options);
}

function checkLayout(path: string, options: Given): void {
  const format = formatOf(path, options);
  const { layout, select } = options;
  // The layout of bulk files is set with their options.
  if (format === undefined || format === 'es-bulk') return;
  const given = layout !== undefined ? 'layout' : select !== undefined ? 'select' : undefined;
  if (given === undefined) return;
  throw new TypeError(
    `${path} is read as ${format}, where each ${hasCells(format) ? 'row' : 'document'} is a record: leave out option ${given}. If it is JSON, give option format: 'json'`,
  );
}

/** Of an archive, its entries have cells. @throws TypeError for option `types`, if a source has no cells */
export function checkCells(path: string, options: Given): void {
  const format = formatOf(path, options);
  if (options.types === undefined || options.hasCells || hasCells(format)) return;
  throw new TypeError(
    `option types gives the cells of CSV and TSV files their types, and ${path} is read as ${format ?? 'JSON'}. Leave it out, or give option format`,
  );
}
