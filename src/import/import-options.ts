// The options of an import: one table, resolved once into a frozen, complete object.

import { INDEXES_MAX } from '../limits.js';
import { type Resolved, resolveOptions } from '../options.js';
import { parsePath } from '../paths.js';
import type { Writer } from '../store/types.js';
import { IMPORT_OPTIONS } from './option-table.js';
import type { ImportOptions, ImportProgress } from './types.js';

/** All options present; see ImportOptions for what they mean. */
export interface FilledImportOptions extends Resolved<typeof IMPORT_OPTIONS> {
  readonly onWait: ((writer: Writer) => void) | undefined;
  readonly onProgress: ((progress: ImportProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Options that are no data. */
const HOOKS = ['onWait', 'onProgress', 'signal'] as const;

/**
 * @param closing cancels as the option `signal` does.
 * @throws TypeError for an unknown name or a value out of bounds.
 */
export function resolveImportOptions(options: ImportOptions, closing?: AbortSignal): FilledImportOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(IMPORT_OPTIONS, name) || HOOKS.includes(name as (typeof HOOKS)[number])) continue;
    throw new TypeError(`options.${name} is not an option of import`);
  }
  const { onWait, onProgress, signal, ...data } = options;
  const filled = { ...resolveOptions(IMPORT_OPTIONS, data), onWait, onProgress, signal } as {
    -readonly [name in keyof FilledImportOptions]: FilledImportOptions[name];
  };
  checkTogether(filled);
  if (closing) filled.signal = filled.signal ? AbortSignal.any([filled.signal, closing]) : closing;
  if (filled.mode === 'insert' && options.onDuplicate === undefined) filled.onDuplicate = 'error';
  if (filled.mode === 'insert' && filled.onDuplicate === 'last') {
    throw new TypeError(
      'options.onDuplicate "last" would overwrite stored records, which mode "insert" never does; use mode "upsert"',
    );
  }
  return Object.freeze(filled);
}

/** What no row of the table can say. */
function checkTogether(options: FilledImportOptions): void {
  const { indexes, select, shape, signal } = options;
  if (indexes.length > INDEXES_MAX - 1) {
    throw new TypeError(`options.indexes must be a list of at most ${INDEXES_MAX - 1} paths`);
  }
  const paths = indexes.map((path) => JSON.stringify(parsePath(path)));
  if (new Set(paths).size < paths.length) throw new TypeError('options.indexes must not name a path twice');
  if (select !== undefined && (shape === 'ndjson' || shape === 'values')) {
    throw new TypeError(
      `options.select names an array or object inside one document; shape "${shape}" has no such document`,
    );
  }
  for (const name of ['onProgress', 'onWait'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue;
    throw new TypeError(`options.${name} must be a function`);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError('options.signal must be an AbortSignal');
}

/** @throws TypeError */
export function checkSources(sources: readonly string[]): void {
  const areFine =
    Array.isArray(sources) && sources.length > 0 && sources.every((path) => typeof path === 'string' && path !== '');
  if (!areFine) throw new TypeError('an import needs the path of at least one source');
}
