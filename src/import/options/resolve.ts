// The options of an import: one table, resolved once into a frozen, complete object.

import type { ImportProgress } from '../../base/import-report.js';
import { QUARANTINED_DEFAULT } from '../../base/limits.js';
import { namesOf, partsOf } from '../../keys/key-path.js';
import { formatPath, parsePath } from '../../keys/paths.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, WAITING } from '../../options/shared.js';
import { leavesWhole } from '../rules/projection.js';
import { transformUrl } from '../rules/transform.js';
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
  const { transform } = filled;
  return Object.freeze({
    ...filled,
    transform: transform === undefined ? undefined : transformUrl(transform),
    signal: either(signal, closing),
    maxBad: maxBad ?? (filled.onBadRecord === 'quarantine' ? QUARANTINED_DEFAULT : Number.POSITIVE_INFINITY),
    onDuplicate: options.onDuplicate ?? (filled.mode === 'insert' ? 'error' : onDuplicate),
  });
}

/** Checks options against each other, which no row of the table can do. @throws TypeError */
export function checkTogether(method: string, options: ImportOptions): void {
  const { mode, onDuplicate, select, sample } = options;
  if (select !== undefined)
    for (const [given, why] of withoutSelect(options)) {
      throw new TypeError(`${method}: options.${given} does not go together with options.select: ${why}`);
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
function checkPathsOfKeys(method: string, { key, indexes = [], pick = [], omit = [] }: ImportOptions): void {
  for (const path of [...(key === undefined ? [] : [key]), ...indexes]) {
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
function* withoutSelect({ dialect, onTruncated, shape }: ImportOptions): Generator<[option: string, reason: string]> {
  if (dialect === 'json5') yield ['dialect "json5"', 'what is around the records has to be strict JSON'];
  if (onTruncated === 'keep') yield ['onTruncated "keep"', 'a document that is cut off is a bad record'];
  if (shape === 'elements') yield ['shape "elements"', 'the records are in an array or object inside of each document'];
}
