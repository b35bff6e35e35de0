// [convert]: [room] > shards > index > rejected records > in place
//
// Whether the disk has room for what is going to be written. An estimate, not a reservation: others may take the room meanwhile.

import { GristmillError } from '../../base/errors.js';
import { freeBytes } from '../../store/files/io.js';

/** Beside what is counted: pages of the index that change, and lists. */
const LEAST_BYTES = 1 << 20;

/** @param what needs it, for the error @throws GristmillError DISK_FULL */
export function checkRoom(directory: string, bytes: number, what: string): void {
  const bytesNeeded = LEAST_BYTES + bytes;
  const free = freeBytes(directory);
  if (free >= bytesNeeded) return;
  const message = `${what} needs about ${bytesNeeded} bytes, but ${directory} has only ${free} bytes free; nothing was changed: free some space and run it again`;
  throw new GristmillError('DISK_FULL', message, { file: directory, bytesNeeded });
}
