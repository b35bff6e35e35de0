// Goal: a file system that is read-only for everybody is told from one that is only mounted so here.
// Method: tables of mounts as Linux has them (proc(5)), with what follows from them.

import { expect, test } from 'vitest';
import { isReadOnlyIn } from '../../src/store/files/mounts.js';

const MOUNTS = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
  '30 22 8:2 / /data ro,relatime shared:2 - ext4 /dev/sdb1 rw',
  '31 22 8:3 / /image ro,relatime - squashfs /dev/loop0 ro,errors=continue',
  '32 31 8:4 / /image/rw rw,relatime - tmpfs tmpfs rw,size=1024k',
  '33 22 0:50 / /nfs ro,relatime - nfs4 server:/export ro,vers=4.2',
  '34 22 8:5 / /with\\040space ro - iso9660 /dev/sr0 ro',
  '35 22 8:6 / /over rw - ext4 /dev/sdc1 rw',
  '36 35 8:7 / /over ro - erofs /dev/sdd1 ro',
].join('\n');

test.each([
  ['/home/store', false],
  ['/data/store', false],
  ['/image/store', true],
  ['/image', true],
  ['/images/store', false],
  ['/image/rw/store', false],
  ['/nfs/store', false],
  ['/with space/store', true],
  ['/over/store', true],
])('%s: %s', (path, isReadOnly) => {
  expect(isReadOnlyIn(MOUNTS, path)).toBe(isReadOnly);
});
