// source > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Says of which sources only the whole records were kept, because they are cut off (option `onTruncated`).

import type { CutSource } from '../tasks/span.js';

/** Sources that are named; of more, the number is said. */
const NAMED_MAX = 20;

/** A sentence for each source. */
export function cutWarnings(cut: readonly CutSource[]): string[] {
  const warnings = cut.slice(0, NAMED_MAX).map(({ file, offset, start }) => {
    const rest =
      start === undefined
        ? ', and its closing bracket is missing; all its records are complete.'
        : ` inside the record that begins at byte ${start}, which was rejected.`;
    return `${file} is cut off: it ends at byte ${offset}${rest}`;
  });
  const others = cut.length - warnings.length;
  return others === 0 ? warnings : [...warnings, `${others} more sources are cut off.`];
}
