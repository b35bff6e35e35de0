// What the options of an import decide: so that nothing is continued, or left out, under other options than it was begun
// with.

import { havePositions, type KeyPath } from '../../keys/key-path.js';
import { isOnePlace, parsePointer } from '../../keys/paths.js';
import type { Affects, Effect } from './effect.js';
import { IMPORT_OPTIONS } from './table.js';

/** The options that decide one of these, in the order of the table. */
export function optionsThatAffect(options: object, ...what: Affects[]): Readonly<Record<string, unknown>> {
  const rows = Object.entries<Effect & { readonly default: unknown }>(IMPORT_OPTIONS);
  const values = rows
    .filter(([, { affects }]) => what.includes(affects))
    .map(([name, row]) => ({ name, row, value: (options as Readonly<Record<string, unknown>>)[name] }))
    .filter(({ row, value }) => !row.isLater || JSON.stringify(value) !== JSON.stringify(row.default));
  return Object.fromEntries(values.map(({ name, row, value }) => [row.formerly ?? name, value]));
}

/** Beside them: what older versions took for a name, so that nothing of theirs is continued with another meaning. */
export function newMeanings({ key, indexes, select = '' }: Paths): {
  readonly positions?: true;
  readonly wildcard?: true;
} {
  return {
    ...(havePositions([key, ...indexes]) && { positions: true }),
    ...(!isOnePlace(parsePointer(select)) && { wildcard: true }),
  };
}

interface Paths {
  readonly key?: KeyPath | undefined;
  readonly indexes: readonly KeyPath[];
  readonly select?: string | undefined;
}
