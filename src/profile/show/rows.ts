// profile > facts, maps, cells > [rows]
//
// The table that people read: a row for each path. And the same for programs, with all numbers.

import type { Profile } from '../types.js';
import { distinctText, kindsText, presenceText, rangeText, valuesText } from './cells.js';
import { observedAt, type SchemaFacts } from './observed.js';
import { placeText, shownPlaces } from './places.js';
import { warningsOf } from './warnings.js';

/**
 * A row of the table. All cells are texts, and those that say nothing are empty. Paths and values hold whatever text the
 * records hold: whoever prints them escapes control characters.
 */
export interface SchemaRow {
  /**
   * `user.name`; `/tags/*` for all elements of an array or all members of a map. Empty for the records themselves. A place
   * with arrays and maps has two rows of such a path: first the elements, then the members.
   */
  readonly path: string;
  /** How many values have which type. */
  readonly kinds: string;
  /** In how many percent of the objects that could have it the member is. */
  readonly presence: string;
  /** How many numbers and strings differ. `~` stands before an estimate. */
  readonly distinct: string;
  /** Least and greatest number, format or lengths of strings, sizes of arrays and maps. */
  readonly range: string;
  /** The most frequent values, or examples, as JSON spells them. */
  readonly values: string;
  /** What may surprise, as sentences. */
  readonly warnings: readonly string[];
}

export function schemaRows({ root }: Profile): SchemaRow[] {
  return Array.from(shownPlaces(root), ({ places, path, objects }) => ({
    path: placeText(places),
    kinds: kindsText(path),
    presence: presenceText(path, objects),
    distinct: distinctText(path),
    range: rangeText(path),
    values: valuesText(path),
    warnings: warningsOf(path),
  }));
}

/** What a profile says, as JSON. */
export interface SchemaJson {
  /** Records that were looked at. */
  readonly records: number;
  /** The paths of the table, in its order. */
  readonly paths: readonly ({ readonly path: string } & SchemaFacts)[];
}

export function schemaJson({ records, root }: Profile): SchemaJson {
  const paths = Array.from(shownPlaces(root), ({ places, path, objects }) => ({
    path: placeText(places),
    ...observedAt(path, objects),
  }));
  return { records, paths };
}
