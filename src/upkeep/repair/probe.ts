// [repair]: a process of its own.
//
// Does with the catalog of a store what a repair is going to do with it, so that not the repair dies of it (old-catalog.ts).
// What goes wrong in other ways the repair meets itself.

import { once } from 'node:events';
import type { Sealed } from '../../store/seal/types.js';
import { openOld } from './old-catalog.js';

try {
  const [{ seal }] = (await once(process, 'message')) as [Sealed];
  const old = await openOld(process.argv[2] as string, seal);
  await old?.lock.release();
  await old?.catalog.close();
} catch {
  // See above.
} finally {
  process.disconnect();
}
