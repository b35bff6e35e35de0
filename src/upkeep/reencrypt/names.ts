// [reencrypt]: [begin] > files > values > rejected records > [end]
//
// What depends on data key 1 beside what is sealed with it: the secrets that hide keys of records, the key of the audit chain, and
// the pseudonyms of collections. The first two stay what they are, but are kept in the index from now on, where the active data
// key seals them. So no tree has to be made anew, and no hash of the log changes.

import { withOwnKey } from '../../store/audit/chain.js';
import { nextGeneration } from '../../store/publish/publish-state.js';
import { isSalt, withoutDataKey } from '../../store/seal/hidden-keys.js';
import type { SealKeys } from '../../store/seal/types.js';
import type { Catalog, CatalogRead, CatalogWrite } from '../../store/types.js';

/** Within a transaction, which is a publication. All that it writes is sealed with the active data key. */
export function putWithoutDataKey(catalog: Catalog, write: CatalogWrite, seal: SealKeys): void {
  nextGeneration(catalog, write);
  for (const { keySalt, ...manifest } of catalog.collections()) {
    write.putCollection({ ...manifest, ...(keySalt !== undefined && { keySalt: withoutDataKey(seal, keySalt) }) });
  }
  const head = catalog.auditHead();
  if (head !== undefined) write.putAuditHead(withOwnKey(seal, head));
}

/** Whether nothing depends on data key 1 in this way. */
export function needNoDataKey(read: CatalogRead): boolean {
  const head = read.auditHead();
  return (
    read.collections().every(({ keySalt }) => keySalt === undefined || !isSalt(keySalt)) &&
    (head === undefined || head.key !== undefined)
  );
}
