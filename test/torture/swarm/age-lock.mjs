// Makes the writers' lock look as if its holder had not said for a minute that it lives, where the holder is this process.
// Arguments: store, number of the process.

import { LmdbCatalog } from '../../../dist/src/store/lmdb/catalog.js';

const [directory, pid] = /** @type {[string, string]} */ (process.argv.slice(2));
const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
try {
  await catalog.transaction((write) => {
    const holder = catalog.lock();
    if (holder?.pid !== Number(pid)) return;
    write.putLock({ ...holder, renewed: new Date(Date.now() - 61_000).toISOString() });
  });
} finally {
  await catalog.close();
}
