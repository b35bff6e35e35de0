// [repair]: a process of its own.
//
// Does with the catalog of a store what a repair is going to do with it, so that not the repair dies of it (old-catalog.ts).
// What goes wrong in other ways the repair meets itself.

import { openOld } from './old-catalog.js';

try {
  const old = await openOld(process.argv[2] as string);
  await old?.lock.release();
  await old?.catalog.close();
} catch {
  // See above.
}
