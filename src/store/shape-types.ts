// What is known of the shapes that the records of a collection have had, as types. docs/format.md, Shapes, says how it is kept.

import type { Functions, Migration, OnFailure } from '../evolve/types.js';

/**
 * How the records of a collection have changed: catalog key `0C` collection. Shape 0 is that of records before any migration;
 * shape n is `shapes[n - 1]`. Undoing a migration makes no shape: the collection has the one before it again. So the shapes
 * are a tree, and the version of a shape, which users see, is how many migrations lead to it.
 */
export interface History {
  readonly version: 1;
  readonly shapes: readonly Shape[];
  /** No migration that leads to this shape can be undone any more. */
  readonly final: number;
  /** What its migrations may call, as far as this process knows them; they are not stored. */
  readonly functions?: Functions;
}

/** What a migration made of another shape. */
export interface Shape {
  readonly from: number;
  readonly migration: Migration;
  /** ISO 8601 time. */
  readonly applied: string;
  /** What records are that the migration cannot change. Absent: when it was applied, there was none. */
  readonly onFailure?: OnFailure | undefined;
}
