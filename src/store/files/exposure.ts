// store at rest: [directory]
//
// Who else could put another file or directory in the place of one of ours: by owning it, or a directory above it, or by having
// the right to write to one.

import { type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { ioError } from '../../base/system-errors.js';
import { otherWriters, strangerOwning } from './own-files.js';

const STICKY = 0o1000;

/** Why others can change a file or directory; undefined where only this user and root can. On Windows always. */
export function whyNotOwn(stat: Stats): string | undefined {
  const owner = strangerOwning(stat);
  if (owner !== undefined) return `belongs to another user (id ${owner})`;
  return whoElseReplaces(stat) === 'nobody' ? undefined : 'can be written by other users';
}

/** Who, beside the owner, can put another file in the place of this one, or of one in this directory. */
function whoElseReplaces(stat: Stats): 'all' | 'group' | 'nobody' {
  if (stat.isSymbolicLink()) return 'nobody';
  // Nobody else can replace what is in a sticky directory.
  if (stat.isDirectory() && (stat.mode & STICKY) !== 0) return 'nobody';
  const writers = otherWriters(stat);
  // A group that has the number of its only user: many systems let it write by default.
  return writers === 'group' && stat.gid === stat.uid ? 'nobody' : writers;
}

/**
 * Says why a file or directory should not be made at this path: others can put something else in its place. Nobody looks at
 * what is above it later, as `stat` does for a store. Undefined if it may be made.
 * @param trustShared whether the group of the directory is trusted
 */
export function whyNotBeside(path: string, trustShared: boolean): string | undefined {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    let stat: Stats | undefined;
    try {
      stat = statSync(directory, { throwIfNoEntry: false });
    } catch (cause) {
      throw ioError(cause, 'look at', directory);
    }
    // One that is missing will be private.
    if (stat === undefined && directory !== dirname(directory)) continue;
    const writers = stat === undefined ? 'nobody' : whoElseReplaces(stat);
    if (writers === 'all') return `all users can replace files in ${directory}; remove that right (chmod o-w)`;
    if (writers === 'nobody' || trustShared) return undefined;
    return `the users of its group can replace files in ${directory}; remove that right (chmod g-w), or if you trust them, give option trustShared: true`;
  }
}

/** Of the directories above one those that others can change, with the reason. None for a store in memory. */
export function exposedAbove(directory: string): string[] {
  const exposed: string[] = [];
  if (!isAbsolute(directory)) return exposed;
  for (let path = dirname(directory); ; path = dirname(path)) {
    const stat = statSync(path, { throwIfNoEntry: false });
    const why = stat && whyNotOwn(stat);
    if (why !== undefined) exposed.push(`${path} ${why}`);
    if (path === dirname(path)) return exposed;
  }
}
