// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Which component of a composite key makes a record bad: the kernels say the reason only, since nobody needs more until a
// person reads about it.

import { type Names, partsOf } from '../../keys/key-path.js';
import type { BadReasonName, ScanOptions } from '../contract.js';
import { scanPlain } from './kernel.js';

/** The reasons that are about a value at the path of the key. */
const REASONS: readonly (string | undefined)[] = ['KEY_MISSING', 'KEY_NOT_SCALAR', 'KEY_NULL'];

/**
 * The path of the primary key at which a record has the reason why it is bad; of a composite key that of the first component
 * that has it. Undefined if the reason is another one.
 * @param bytes the record alone, as the layout of the options has it
 */
export function faultyPath(
  bytes: Uint8Array,
  options: ScanOptions,
  reason: BadReasonName | undefined,
): Names | undefined {
  if (options.primary === undefined || !REASONS.includes(reason)) return undefined;
  const paths = partsOf(options.primary);
  if (paths.length === 1) return paths[0];
  return paths.find((primary) => scanPlain(bytes, { ...options, primary, secondary: [] }).bad[0]?.reason === reason);
}
