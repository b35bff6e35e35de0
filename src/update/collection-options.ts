// [record > line, keys] > overlay > pages > transaction
//
// The options of a new collection, made by a transaction.

import { checkIndexPaths, checkKeyPath, type KeyPath } from '../keys/key-path.js';
import type { OptionTable } from '../options/check.js';
import type { IndexDefinition } from '../options/indexes.js';

/** Options of `createCollection`; all optional. */
export interface CollectionOptions {
  /**
   * The path of the primary key; for a composite key a list of the paths of its components. Default: none; then the ordinal
   * of a record is its key.
   */
  readonly key?: KeyPath | undefined;
  /**
   * Secondary indexes: the path of each, for a composite one a list of the paths of its components; or an object that also
   * says whether it is unique: `{ path: 'email', unique: true }`. Default: none.
   */
  readonly indexes?: readonly (KeyPath | IndexDefinition)[] | undefined;
  /** The paths of secondary indexes in which no two records may have the same value. Default: none. */
  readonly uniqueIndexes?: readonly KeyPath[] | undefined;
}

export const COLLECTION_OPTIONS = {
  key: {
    type: 'path',
    default: undefined,
    check: checkKeyPath,
    meaning: 'path of the primary key, or a list of the paths of its components; unset: the ordinal is the key',
  },
  indexes: {
    ...{ type: 'indexes', unique: 'uniqueIndexes', default: [], check: checkIndexPaths },
    meaning:
      'secondary indexes: the path of each, for a composite one a list of the paths of its components; or an object with `path` and `unique`',
  },
  uniqueIndexes: {
    type: 'paths',
    default: [],
    check: checkIndexPaths,
    meaning: 'paths of secondary indexes in which no two records may have the same value',
  },
} as const satisfies OptionTable;
