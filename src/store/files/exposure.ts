// store at rest: [directory]
//
// Who else could put another file or directory in the place of one of ours: by owning it, or a directory above it, or by having
// the right to write to one.

import { type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { strangerOwning } from './own-files.js';

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/** Why others can change a file or directory; undefined where only this user and root can. On Windows always. */
export function whyNotOwn(stat: Stats): string | undefined {
  const owner = strangerOwning(stat);
  if (owner !== undefined) return `belongs to another user (id ${owner})`;
  if (process.platform === 'win32' || stat.isSymbolicLink()) return undefined;
  // Nobody else can replace what is in a sticky directory.
  if (stat.isDirectory() && (stat.mode & STICKY) !== 0) return undefined;
  // A group that has the number of its only user: many systems let it write by default.
  const isOwnGroup = stat.gid === stat.uid;
  const isShared = (stat.mode & WRITABLE_BY_ALL) !== 0 || ((stat.mode & WRITABLE_BY_GROUP) !== 0 && !isOwnGroup);
  return isShared ? 'can be written by other users' : undefined;
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
