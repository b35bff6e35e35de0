// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Notices that the key of an import is probably not unique: many of its records replaced one another. Nothing is lost in
// the shards then, but only one record of each key can be read, and nobody wanted that.

import type { SharedKeys } from '../../base/import-report.js';
import { keyPathText } from '../../keys/key-path.js';
import type { KeyRule } from '../../store/types.js';

/**
 * An import warns from this share of its good records on. A log with a new version of a record now and then stays below;
 * a path that is no key (`type`, `user_id`) is far above.
 */
const SHARE_MIN = 0.1;
/** One record may have come twice. */
const REPLACED_MIN = 2;

/**
 * @param records good records of the import.
 * @param replaced those of them that another record of the import with the same key replaced.
 */
export function sharedKeys(
  key: KeyRule,
  records: number,
  replaced: number,
  keeps: 'last' | 'first' | 'error',
): SharedKeys | undefined {
  if (replaced < REPLACED_MIN || replaced < records * SHARE_MIN) return undefined;
  const counts = `${counted(replaced)} of ${counted(records)} records share a key`;
  const fate = keeps === 'first' ? 'with an earlier one and were left out' : 'with a later one, which replaced them';
  const question = key.kind === 'path' ? `is \`${keyPathText(key.path)}\` unique?` : 'is each name unique?';
  return { records, replaced, text: `${counts} ${fate}: ${question}` };
}

function counted(count: number): string {
  return count.toLocaleString('en-US');
}
