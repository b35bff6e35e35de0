// [record > line, keys] > overlay > pages > transaction
//
// The options of a new collection, made by a transaction.

import { checkIndexPaths } from '../keys/key-path.js';
import { parsePath } from '../keys/paths.js';
import type { OptionTable } from '../options/check.js';

export const COLLECTION_OPTIONS = {
  key: {
    type: 'text',
    default: undefined,
    check: parsePath,
    meaning: 'path of the primary key; unset: the ordinal is the key',
  },
  indexes: {
    type: 'texts',
    default: [],
    check: parsePath,
    checkAll: checkIndexPaths,
    meaning: 'paths of secondary indexes',
  },
} as const satisfies OptionTable;
