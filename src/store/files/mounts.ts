// Is a directory read-only here, or is its file system, for everybody? A volume that one container mounts read-only may be
// written to by another one.

import { readFileSync, realpathSync } from 'node:fs';

/** What lies on these is written to by machines that cannot be asked. */
const REMOTE = /^(nfs|cifs|smb|9p|ceph|gluster|lustre|afs|virtiofs|fuse)/;

/**
 * Whether nobody can write to the file system of a directory that cannot be written to through this mount. Only Linux
 * tells mounts from file systems; elsewhere the answer is yes.
 */
export function isReadOnlyFileSystem(directory: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const path = realpathSync(directory);
    return isReadOnlyIn(readFileSync('/proc/self/mountinfo', 'utf8'), path);
  } catch {
    return false;
  }
}

/** @param mounts as /proc/self/mountinfo has them (proc(5)) @param path absolute, without links */
export function isReadOnlyIn(mounts: string, path: string): boolean {
  let length = 0;
  let isReadOnly = false;
  for (const line of mounts.split('\n')) {
    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    const [mount, system] = line.split(' - ');
    const point = unescaped(mount?.split(' ')[4] ?? '');
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of two with the same name the later one lies over the other.
    if (system === undefined || !isAbove || point.length < length) continue;
    const [type = '', , options = ''] = system.split(' ');
    length = point.length;
    isReadOnly = options.split(',').includes('ro') && !REMOTE.test(type);
  }
  return isReadOnly;
}

/** Spaces and the like are octal there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
