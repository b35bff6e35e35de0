// record > line, keys > overlay > [pages > transaction]
//
// The audit entry of a group of transactions: one for all of them, in the transaction of LMDB that commits them.

import { appendEntry } from '../../store/audit/append.js';
import type { StorePlace } from '../../store/files/blobs.js';
import type { CatalogRead, CatalogWrite } from '../../store/types.js';
import type { GroupAudit } from '../overlay/changes.js';

interface Target {
  readonly catalog: CatalogRead;
  readonly write: CatalogWrite;
  readonly place: StorePlace;
}

/** @param before the store's generation when the group began */
export function logTransactions(target: Target, before: number, { parts, records, recordsLeftOut }: GroupAudit): void {
  const rows = { ...(records && { records }), ...(recordsLeftOut !== undefined && { recordsLeftOut }) };
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    appendEntry(target, before, { operation: 'transaction', ...only, ...rows });
    return;
  }
  const transactions = parts.reduce((sum, part) => sum + part.transactions, 0);
  appendEntry(target, before, { operation: 'transaction', transactions, parts, ...rows });
}
