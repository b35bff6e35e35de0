// [notices] > schedule > readiness > sync > event
//
// Where notifications do not work: Linux notifies of what this machine does. What another machine changes in a file system
// that it shares is told by nobody, so sources on one are compared all the time.

import { statfs } from 'node:fs/promises';

/** `f_type` of statfs(2), as in linux/magic.h and in the modules of the file systems. */
const SHARED_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x65735546, 'FUSE'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'kAFS'],
  [0x47504653, 'GPFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x786f4256, 'VirtualBox shared folder'],
]);

/** The kind of file system a path is on, if others may change it unnoticed; for a path that is not there, undefined. */
export async function sharedFileSystem(path: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    return SHARED_FILE_SYSTEMS.get((await statfs(path)).type);
  } catch {
    return undefined;
  }
}
