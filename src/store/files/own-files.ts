// store at rest: [directory]
//
// Whose files and directories a store is made of. Somebody else may have made it: a link in it would lead reads and writes
// out of it, a pipe would hold them up for ever, and what another user can change is not what was checked. So a file is
// opened only if it is a regular one, by its own name, and belongs to this user, to root or to whom its directory belongs;
// whose directories are trusted is asked when the store is opened (layout.ts).

import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { REGULAR_ONLY } from './io.js';

/** Mode bits that let someone else write. */
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const ROOT = 0;
/** Looks at the names of a file that is being given its name at this moment (store/lmdb/gate.ts). */
const LOOKS_MAX = 100;

/** The owner of a file, if it is not this user, root or `trusted`. Undefined on systems without owners of files. */
export function strangerOwning({ uid }: Stats, trusted?: number): number | undefined {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === ROOT || uid === trusted ? undefined : uid;
}

/** @throws GristmillError STORE_NOT_TRUSTED if the file belongs to a user who is not trusted */
export function checkOwner(path: string, stat: Stats, trusted?: number): void {
  const owner = strangerOwning(stat, trusted);
  if (owner === undefined) return;
  const how = `if you trust that user, give option trustOwner: ${owner}`;
  throw untrusted(path, `it belongs to another user (id ${owner}), who may have put anything into it; ${how}`);
}

/** Which other users have the right to write: all of them, those of its group, or nobody. On Windows always nobody. */
export function otherWriters({ mode }: Stats): 'all' | 'group' | 'nobody' {
  if (process.platform === 'win32') return 'nobody';
  if ((mode & WRITABLE_BY_ALL) !== 0) return 'all';
  return (mode & WRITABLE_BY_GROUP) !== 0 ? 'group' : 'nobody';
}

/** The kind of an entry that is not a regular file, in words. */
export function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'not a regular file';
}

/**
 * Opens a file of a store.
 * @param append whether to append to the file; then it must have no other name
 * @param isShared whether the owner of the file may let others write to it
 * @throws GristmillError CHECKSUM_MISMATCH if it is not a regular file; STORE_NOT_TRUSTED if another user owns it or may
 * write to it; IO_ERROR if it is a link
 */
export function openRegular(
  path: string,
  what: string,
  append = false,
  isShared = false,
): { readonly fd: number; readonly size: number } {
  const access = append ? constants.O_WRONLY | constants.O_APPEND : constants.O_RDONLY;
  let fd: number;
  try {
    fd = openSync(path, access | REGULAR_ONLY);
  } catch (cause) {
    const stat = statOf(path);
    if (stat !== undefined) checkKind(path, stat, what);
    throw ioError(cause, `open ${what}`, path);
  }
  try {
    const stat = fstatSync(fd);
    checkKind(path, stat, what);
    checkHolders(path, stat, isShared);
    if (append) checkNames(path, stat);
    return { fd, size: stat.size };
  } catch (error) {
    closeSync(fd);
    throw ioError(error, 'look at', path);
  }
}

/** Checks the owner of a file, and that others may not write to it. @throws GristmillError STORE_NOT_TRUSTED */
export function checkHolders(path: string, stat: Stats, isShared = false): void {
  if (strangerOwning(stat) !== undefined) checkOwner(path, stat, statSync(dirname(path)).uid);
  const writers = otherWriters(stat);
  if (isShared || writers === 'nobody') return;
  // Of a directory that the same group can write to: it was asked when the store was opened, and whoever can replace a file
  // gains nothing by the right to write to it.
  if (writers === 'group') {
    const directory = statSync(dirname(path));
    if (directory.gid === stat.gid && otherWriters(directory) === 'group') return;
  }
  throw untrusted(
    path,
    'other users can write to it; if you know that its content is correct, remove that right (chmod go-w)',
  );
}

/**
 * That a file which is written to has no name outside its directory.
 * @throws GristmillError STORE_NOT_TRUSTED
 */
export function checkNames(path: string, seen: Stats): void {
  let stat: Stats | undefined = seen;
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    if (stat === undefined || stat.nlink === 1) return;
    if (namesBeside(path, stat) === stat.nlink) return;
    const again = statOf(path);
    if (again?.nlink === stat.nlink && looks > 0) break;
    stat = again;
  }
  throw untrusted(
    path,
    'it has another name in another directory (a hard link), and writing would change both; replace the file with a copy',
  );
}

function namesBeside(path: string, { ino }: Stats): number {
  const directory = dirname(path);
  const isIt = (name: string): boolean => name === basename(path) || statOf(join(directory, name))?.ino === ino;
  return readdirSync(directory).filter(isIt).length;
}

/** @throws GristmillError CHECKSUM_MISMATCH; IO_ERROR for a link */
function checkKind(path: string, stat: Stats, what: string): void {
  if (stat.isFile()) return;
  if (stat.isSymbolicLink()) throw linkError(path);
  throw new GristmillError('CHECKSUM_MISMATCH', `${what} ${path} is not a regular file: it is ${kindOf(stat)}`, {
    file: path,
  });
}

export function linkError(path: string): GristmillError {
  const message = `${path} is not used: it is a symbolic link, and its target may be anywhere; replace the link with its target`;
  return new GristmillError('IO_ERROR', message, { file: path });
}

function untrusted(path: string, why: string): GristmillError {
  return new GristmillError('STORE_NOT_TRUSTED', `${path} is not used: ${why}`, { file: path });
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
