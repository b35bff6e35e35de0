// An ext4 file system on a loop device, whose power can be cut: from then on nothing reaches the device. Root only; run
// in a mount namespace of its own (scripts/torture.mjs), so that whatever happens nothing stays mounted.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';

const EXT4_IOC_SHUTDOWN = 0x8004587d;
/** What is lost: all that is not synced; or the same after the journal was written (names without their data). */
export const CUTS = { unsynced: 2, 'after the journal': 1 };

const ioctl = koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, uint32_t *argument)');

/**
 * A process that was killed takes a moment to end, and keeps its files open until then.
 * @param {string} path
 */
export function unmount(path) {
  for (const until = performance.now() + 60_000; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)) {
    try {
      execFileSync('umount', [path], { stdio: 'pipe' });
      return;
    } catch (error) {
      if (!/busy/.test(String(error)) || performance.now() > until) throw error;
    }
  }
}

export class Volume {
  path;
  #image;

  /** @param {string} directory for the image and the mount point @param {number} megabytes */
  constructor(directory, megabytes = 64) {
    this.#image = join(directory, 'image');
    this.path = join(directory, 'mount');
    mkdirSync(this.path);
    execFileSync('truncate', ['-s', `${megabytes}M`, this.#image]);
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image]);
    this.mount();
  }

  mount() {
    execFileSync('mount', ['-o', 'loop', this.#image, this.path]);
  }

  unmount() {
    unmount(this.path);
  }

  /** @param {keyof typeof CUTS} kind */
  cut(kind) {
    const fd = openSync(this.path, 'r');
    try {
      if (ioctl(fd, EXT4_IOC_SHUTDOWN, new Uint32Array([CUTS[kind]])) !== 0)
        throw new Error('the volume cannot be cut');
    } finally {
      closeSync(fd);
    }
  }
}
