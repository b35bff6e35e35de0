// [reencrypt]: begin > files > [values] > rejected records > end
//
// The values of the index, written once more as they are, in transactions of a megabyte at most: others commit in between.

import { failpoint } from '../../base/failpoints.js';
import type { LmdbCatalog } from '../../store/lmdb/catalog.js';
import { staleValues } from '../../store/lmdb/exchange/stale.js';

/**
 * Seals with the active data key what is sealed with another one.
 * @param pause lets others have their turn, and throws to stop
 * @returns whether there was any such value
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `pause` throws
 */
export async function renewValues(catalog: LmdbCatalog, pause: () => Promise<void>): Promise<boolean> {
  let found = false;
  for (const database of ['meta', 'pages'] as const) {
    for (let after: Uint8Array | undefined; ; await pause()) {
      catalog.refresh();
      let { values, last } = staleValues(catalog.opened(), database, after);
      if (values.length > 0) {
        found = true;
        const from = after;
        const index = catalog.opened();
        await catalog.transaction((write) => {
          // As they are now, when nobody else can commit.
          ({ values, last } = staleValues(index, database, from));
          for (const { key, value } of values) write.putAgain(database, key, value);
        });
        failpoint('reencrypt.values');
      }
      if (last === undefined) break;
      after = last;
    }
  }
  return found;
}
