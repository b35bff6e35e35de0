// The table that people read of a schema: a line for each path, the warnings under it.

import type { Schema } from '../../../index.js';
import { escapeControls } from '../../terminal/escape.js';
import { alignColumns, formatCount } from '../../terminal/table.js';

/** The records themselves have no path. */
const ROOT = '(record)';
const HEADER = ['path', 'kinds', 'presence', 'distinct', 'range', 'values'];

export function schemaTable(schema: Schema): string {
  const rows = schema.rows();
  const shown = rows.map(({ path, kinds, presence, distinct, range, values }) =>
    [path === '' ? ROOT : path, kinds, presence, distinct, range, values].map(escapeControls),
  );
  const warnings = rows.flatMap(({ path, warnings }) =>
    warnings.map((warning) => escapeControls(`${path === '' ? ROOT : path}: ${warning}`)),
  );
  const notes = warnings.length === 0 ? '' : `\n${warnings.map((warning) => `warning: ${warning}\n`).join('')}`;
  return `${formatCount(schema.records)} records\n\n${alignColumns([HEADER, ...shown], '', HEADER.length)}${notes}`;
}
