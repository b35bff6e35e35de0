// The options of an import: one table, resolved once into a frozen, complete object.

import type { ImportProgress } from '../../base/import-report.js';
import { QUARANTINED_DEFAULT } from '../../base/limits.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, WAITING } from '../../options/shared.js';
import { IMPORT_OPTIONS } from './table.js';
import type { ImportOptions } from './types.js';

/** Options that are no data, so that no file can set them. */
export const IMPORT_HOOKS = {
  onWait: WAITING.onWait,
  onProgress: hook<(progress: ImportProgress) => void>('called about ten times a second'),
  signal: LONG_WORK.signal,
} as const satisfies OptionTable;

const TABLE = { ...IMPORT_OPTIONS, ...IMPORT_HOOKS } as const satisfies OptionTable;

/** All options present; see ImportOptions for what they mean. */
export type FilledImportOptions = Resolved<typeof TABLE> & { readonly maxBad: number };

/**
 * @param closing cancels as the option `signal` does.
 * @throws TypeError for an unknown name or a value out of bounds.
 */
export function resolveImportOptions(options: ImportOptions, closing?: AbortSignal): FilledImportOptions {
  const { signal, onDuplicate, maxBad, ...filled } = resolveOptions('import', TABLE, options);
  checkTogether('import', options);
  return Object.freeze({
    ...filled,
    // A bulk file becomes an object of records, or lines where their keys are inside.
    ...(filled.format === 'es-bulk' && { shape: filled.key === undefined ? 'object' : 'ndjson' }),
    signal: either(signal, closing),
    maxBad: maxBad ?? (filled.onBadRecord === 'quarantine' ? QUARANTINED_DEFAULT : Number.POSITIVE_INFINITY),
    onDuplicate: options.onDuplicate ?? (filled.mode === 'insert' ? 'error' : onDuplicate),
  });
}

/** Checks options against each other, which no row of the table can do. @throws TypeError */
export function checkTogether(method: string, options: ImportOptions): void {
  const { mode, onDuplicate } = options;
  checkFormatOptions(method, options);
  if (mode === 'insert' && onDuplicate === 'last') {
    throw new TypeError(
      `${method}: options.onDuplicate "last" would overwrite stored records, which mode "insert" never does; use mode "upsert"`,
    );
  }
}

/** @throws TypeError for options that have no meaning for sources in the format */
function checkFormatOptions(method: string, options: ImportOptions): void {
  const { format, types, shape, select, mode, onDuplicate = 'last' } = options;
  if (types !== undefined && format !== undefined && format !== 'csv' && format !== 'tsv') {
    throw new TypeError(
      `${method}: options.types is for the cells of CSV and TSV files; leave it out with options.format "${format}"`,
    );
  }
  if (format === undefined || format === 'json') return;
  if (shape !== undefined || select !== undefined) {
    const name = shape === undefined ? 'select' : 'shape';
    throw new TypeError(`${method}: options.format "${format}" says where the records are; leave out options.${name}`);
  }
  if (format !== 'es-bulk') return;
  if (mode === 'insert' || onDuplicate !== 'last') {
    const what = mode === 'insert' ? 'mode "insert"' : `onDuplicate "${onDuplicate}"`;
    throw new TypeError(
      `${method}: the actions of a bulk file replace and delete earlier records, which options.${what} forbids; use mode "upsert" or "replace", and onDuplicate "last"`,
    );
  }
}
