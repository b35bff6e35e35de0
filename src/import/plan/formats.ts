// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What has no meaning for a source in its format is refused, and not ignored.

import { formatOf, hasCells } from '../format/coding.js';
import type { FilledImportOptions } from '../options/resolve.js';

const ARCHIVE_NAME = /\.(?:zip|tar|tgz|tbz2?|txz|tzst|tar\.\w+)$/i;

/** @throws TypeError for an option that is not for sources like this one */
export function checkFormat(
  path: string,
  options: Pick<FilledImportOptions, 'format' | 'types' | 'shape' | 'select'> & { readonly glob?: string | undefined },
): void {
  const format = formatOf(path, options);
  if (format !== undefined && (options.glob !== undefined || ARCHIVE_NAME.test(path))) {
    throw new TypeError(
      `${path} is an archive, and option format is for sources that are no archives. Leave it out: entries named .csv, .tsv or .bson have that format`,
    );
  }
  const { types, shape, select } = options;
  if (types !== undefined && !hasCells(format)) {
    throw new TypeError(
      `option types gives the cells of CSV and TSV files their types, and ${path} is read as ${format ?? 'JSON'}. Leave it out, or give option format`,
    );
  }
  // The layout of bulk files is set with their options.
  if (format === undefined || format === 'es-bulk') return;
  const given = shape !== undefined ? 'shape' : select !== undefined ? 'select' : undefined;
  if (given === undefined) return;
  throw new TypeError(
    `${path} is read as ${format}, where each ${hasCells(format) ? 'row' : 'document'} is a record: leave out option ${given}. If it is JSON, give option format: 'json'`,
  );
}
