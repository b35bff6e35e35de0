// The options that say which records of a source an import stores, and what of them: rows of the table of import options.

import { parsePath } from '../../keys/paths.js';
import type { OptionTable } from '../../options/check.js';
import { VERSION } from '../../options/shared.js';
import { parseCondition } from '../rules/condition.js';
import { checkConditions } from '../rules/conditions.js';
import { checkTransform } from '../rules/transform.js';
import { checkValidate } from '../rules/validate.js';
import type { Effect } from './effect.js';

export const RULE_OPTIONS = {
  where: {
    affects: 'records',
    isLater: true,
    ...{ type: 'texts', default: [], check: parseCondition, checkAll: checkConditions },
    meaning: 'conditions such as country=DE, age>=18, email or !email; only records that meet all of them are stored',
  },
  sample: {
    affects: 'records',
    isLater: true,
    ...{ type: 'number', unit: 'share', default: undefined, min: 0, max: 1 },
    meaning: 'share of the records to store, more than 0; a hash of each record decides which; unset: all',
  },
  transform: {
    affects: 'records',
    isLater: true,
    ...{ type: 'text', default: undefined, check: checkTransform },
    meaning: 'module whose default export gets each record and returns what is stored in its place; unset: none',
  },
  pick: {
    affects: 'records',
    isLater: true,
    ...{ type: 'texts', default: [], check: parsePath },
    meaning: 'paths of the members to store; empty: all',
  },
  omit: {
    affects: 'records',
    isLater: true,
    ...{ type: 'texts', default: [], check: parsePath },
    meaning: 'paths of members not to store',
  },
  schemaVersion: {
    affects: 'records',
    isLater: true,
    ...VERSION.schemaVersion,
    meaning:
      'version of the collection that the sources deliver; their records are migrated to the newest; unset: the newest',
  },
  validate: {
    affects: 'records',
    isLater: true,
    ...{ type: 'text', default: undefined, check: checkValidate },
    meaning:
      'JSON Schema (2020-12) that records have to be valid against: its file, or its text; others are bad records; unset: none',
  },
  limit: {
    affects: 'records',
    isLater: true,
    ...{ type: 'integer', default: undefined, min: 1, max: Number.MAX_SAFE_INTEGER },
    meaning: 'greatest number of records to store, the first ones; then the import stops reading; unset: all',
  },
} as const satisfies OptionTable & Readonly<Record<string, Effect>>;
