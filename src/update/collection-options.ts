// [record > line, keys] > overlay > pages > transaction
//
// The options of a new collection, made by a transaction.

import { checkIndexPaths, checkKeyPath } from '../keys/key-path.js';
import type { OptionTable } from '../options/check.js';

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
