// Spans have a profile each, and those of a shard or a collection are their sum.

import { addPaths } from './add.js';
import { bounded } from './bound.js';
import type { Profile } from './types.js';
import { NOTHING } from './types.js';

/** The profile of no records: what is added to it is not changed. */
export const EMPTY_PROFILE: Profile = { records: 0, root: NOTHING };

/**
 * The profile of the records of both. The sum is the same in any order, unless the memory for it does not suffice (`isPartial`):
 * then it is true in any order.
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  return { records: a.records + b.records, root: bounded(addPaths(a.root, b.root)) };
}
