// The options of an import: one table, resolved once into a frozen, complete object.

import type { ImportProgress } from '../../base/import-report.js';
import { QUARANTINED_DEFAULT } from '../../base/limits.js';
import type { Migration } from '../../evolve/types.js';
import { type KeyPath, namesOf, partsOf, withUnique } from '../../keys/key-path.js';
import { formatPath, parsePath } from '../../keys/paths.js';
import { REASON } from '../../options/audit.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { pathOfIndex } from '../../options/indexes.js';
import { either, LONG_WORK, WAITING } from '../../options/shared.js';
import { leavesWhole } from '../rules/projection.js';
import { transformUrl } from '../rules/transform.js';
import { schemaText } from '../rules/validate.js';
import { IMPORT_OPTIONS } from './table.js';
import type { ImportOptions, OnChanged } from './types.js';

/** Options that are no data, so that no file can set them. */
export const IMPORT_HOOKS = {
  onChanged: hook<OnChanged>('called for each record that transactions changed and the import replaces'),
  onWait: WAITING.onWait,
  onProgress: hook<(progress: ImportProgress) => void>('called about ten times a second'),
  signal: LONG_WORK.signal,
  ...REASON,
} as const satisfies OptionTable;

const TABLE = { ...IMPORT_OPTIONS, ...IMPORT_HOOKS } as const satisfies OptionTable;

/** All options present; see ImportOptions for what they mean. */
export type FilledImportOptions = Resolved<typeof TABLE> & {
  readonly maxBad: number;
  readonly mode: 'replace' | 'upsert' | 'insert';
  /** Whether the caller, a file or a variable has said the mode. */
  readonly isModeGiven: boolean;
  readonly changes: 'refuse' | 'keep' | 'drop';
  /**
   * Set if the import fills other collections too (option `collections`). "together": a document in which all of them have
   * their records is read once. "apart": it is read for each of them.
   */
  readonly pass?: 'together' | 'apart';
  /** Of the option `indexes`, once the collection is known: those that imports keep without naming them. */
  readonly keptIndexes?: readonly KeyPath[];
  /** The text of the schema that the collection carries, once the collection is known. */
  readonly carried?: string;
  /** What makes the newest version of the records of the sources, once the collection is known. Absent: nothing. */
  readonly migrations?: readonly Migration[];
};

/**
 * @param closing cancels as the option `signal` does.
 * @throws TypeError for an unknown name or a value out of bounds.
 */
export function resolveImportOptions(options: ImportOptions, closing?: AbortSignal): FilledImportOptions {
  const { signal, onDuplicate, maxBad, mode = 'replace', ...filled } = resolveOptions('import', TABLE, options);
  checkTogether('import', options);
  const { transform, validate } = filled;
  return Object.freeze({
    ...filled,
    mode,
    isModeGiven: options.mode !== undefined,
    transform: transform === undefined ? undefined : transformUrl(transform),
    validate: validate === undefined ? undefined : schemaText(validate),
    // A bulk file becomes an object of records, or lines where their keys are inside.
    ...(filled.format === 'es-bulk' && { layout: filled.key === undefined ? 'object' : 'ndjson' }),
    signal: either(signal, closing),
    maxBad: maxBad ?? (filled.onBadRecord === 'quarantine' ? QUARANTINED_DEFAULT : Number.POSITIVE_INFINITY),
    // Who adds records or replaces some says by that which are to count.
    changes: filled.changes ?? (mode === 'replace' ? 'keep' : 'drop'),
    onDuplicate: options.onDuplicate ?? (mode === 'insert' ? 'error' : onDuplicate),
  });
}

/** Checks options against each other, which no row of the table can do. @throws TypeError */
export function checkTogether(method: string, options: ImportOptions): void {
  const { mode, onDuplicate, select, sample } = options;
  checkFormatOptions(method, options);
  if (select !== undefined)
    for (const [given, why] of withoutSelect(options)) {
      throw new TypeError(`${method}: options.${given} cannot be used with options.select: ${why}`);
    }
  if (mode === 'insert' && onDuplicate === 'last') {
    throw new TypeError(
      `${method}: options.onDuplicate "last" would overwrite stored records, which mode "insert" never does; use mode "upsert"`,
    );
  }
  if (sample === 0) throw new TypeError(`${method}: options.sample must be more than 0`);
  checkPathsOfKeys(method, options);
}

/** A key has to be in the record as it is stored. @throws TypeError */
function checkPathsOfKeys(
  method: string,
  { key, indexes = [], uniqueIndexes = [], pick = [], omit = [] }: ImportOptions,
): void {
  for (const path of [...(key === undefined ? [] : [key]), ...withUnique(indexes.map(pathOfIndex), uniqueIndexes)]) {
    for (const names of partsOf(namesOf(path))) {
      if (leavesWhole(names.map(String), pick.map(parsePath), omit.map(parsePath))) continue;
      const what = path === key ? 'options.key' : 'options.indexes';
      throw new TypeError(
        `${method}: options.pick and options.omit leave out "${formatPath(names)}", but ${what} needs it: a key has to be in the stored record`,
      );
    }
  }
}

/** Options that documents with their records inside do not have, and why. */
function* withoutSelect({ dialect, onTruncated, layout }: ImportOptions): Generator<[option: string, reason: string]> {
  if (dialect === 'json5') yield ['dialect "json5"', 'everything around the records has to be strict JSON'];
  if (onTruncated === 'keep') yield ['onTruncated "keep"', 'a document that is cut off is a bad record'];
  if (layout === 'elements')
    yield ['layout "elements"', 'the records are in an array or object inside of each document'];
}

/** Options that decide which records of a source are stored, and what of them. */
const RULES = ['where', 'sample', 'transform', 'pick', 'omit', 'schemaVersion', 'validate', 'limit'] as const;

/** @throws TypeError for options that have no meaning for sources in the format */
function checkFormatOptions(method: string, options: ImportOptions): void {
  const { format, types, layout, select, mode, onDuplicate = 'last' } = options;
  if (types !== undefined && format !== undefined && format !== 'csv' && format !== 'tsv') {
    throw new TypeError(
      `${method}: options.types is for the cells of CSV and TSV files; leave it out with options.format "${format}"`,
    );
  }
  if (format === undefined || format === 'json') return;
  if (layout !== undefined || select !== undefined) {
    const name = layout === undefined ? 'select' : 'layout';
    throw new TypeError(`${method}: options.format "${format}" says where the records are; leave out options.${name}`);
  }
  const { dialect = 'json', nonfinite = 'reject', onTruncated = 'fail' } = options;
  if (dialect !== 'json' || nonfinite !== 'reject' || onTruncated !== 'fail') {
    const name = dialect !== 'json' ? 'dialect' : nonfinite !== 'reject' ? 'nonfinite' : 'onTruncated';
    throw new TypeError(
      `${method}: options.${name} is for sources of JSON; leave it out with options.format "${format}"`,
    );
  }
  if (format !== 'es-bulk') return;
  // A deletion is no record that meets a condition or not.
  const rule = RULES.find((name) => [options[name] ?? []].flat().length > 0);
  if (rule !== undefined) {
    throw new TypeError(
      `${method}: options.${rule} cannot be used with options.format "es-bulk", whose actions depend on each other`,
    );
  }
  if (mode === 'insert' || onDuplicate !== 'last') {
    const what = mode === 'insert' ? 'mode "insert"' : `onDuplicate "${onDuplicate}"`;
    throw new TypeError(
      `${method}: the actions of a bulk file replace and delete earlier records, which options.${what} forbids; use mode "upsert" or "replace", and onDuplicate "last"`,
    );
  }
}
