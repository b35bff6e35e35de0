// store at rest: [catalog]
//
// A new index gets its header in a transaction of its own: until then it is not a store.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { newHeader } from '../catalog/values.js';
import type { Catalog } from '../types.js';

export function createHeader(catalog: Pick<Catalog, 'transactionSync'> & { readonly hasHeader: boolean }): void {
  failpoint('store.create');
  catalog.transactionSync((write) => {
    // Another process may have been faster.
    if (!catalog.hasHeader) write.putHeader(newHeader());
    failpoint('store.header');
  });
}

/** The error for a directory whose index has no header, where there are no shards either. */
export function interrupted(store: string): GristmillError {
  const message = `${store} is not a store yet: creating it was interrupted; to complete it, import into it again`;
  return new GristmillError('STORE_NOT_A_STORE', message, { file: store });
}
