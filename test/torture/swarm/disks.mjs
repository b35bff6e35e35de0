// Disks for one store: one so small that it can be filled, and one whose power can be cut. They need root, and a mount
// namespace of their own, so that whatever happens nothing stays mounted.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CUTS, unmount, Volume } from '../volume.mjs';

const MEGABYTES = 48;

/** @param {string} directory */
export function smallDisk(directory) {
  const path = join(directory, 'small');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=700`, 'tmpfs', path]);
  return { path, unmount: () => unmount(path) };
}

/** @param {string} directory */
export function volumeDisk(directory) {
  const volume = new Volume(directory, MEGABYTES);
  let cuts = 0;
  const kinds = /** @type {(keyof typeof CUTS)[]} */ (Object.keys(CUTS));
  return {
    path: volume.path,
    cut: () => volume.cut(/** @type {keyof typeof CUTS} */ (kinds[cuts++ % kinds.length])),
    restore() {
      volume.unmount();
      volume.mount();
    },
    unmount: () => volume.unmount(),
  };
}
