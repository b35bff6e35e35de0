// [schema]: what checking the records of one shard takes, and what comes of it.

import type { Violation } from '../../import/rules/validate.js';
import type { Workers } from '../../import/tasks/workers.js';
import type { ProfileTask } from '../profile/task.js';

/** A shard whose live records are to be valid. */
export interface CheckTask extends ProfileTask {
  /** The text of the schema. */
  readonly schema: string;
}

/** A record that is not valid. */
export interface InvalidRecord {
  readonly ordinal: number;
  readonly violation: Violation;
}

/** What was found in some records. */
export interface CheckResult {
  /** Records that are not valid. */
  readonly invalid: number;
  /** The first of them. */
  readonly first: readonly InvalidRecord[];
}

/** Who reads shards to check their records. */
export interface Checkers extends Pick<Workers, 'close'> {
  check(task: CheckTask): Promise<CheckResult>;
}
