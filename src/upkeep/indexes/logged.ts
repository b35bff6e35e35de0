// What the audit log says of an index that is made or dropped.

import type { KeyPath } from '../../keys/key-path.js';
import type { AuditChange } from '../../store/audit/types.js';
import type { CollectionManifest } from '../../store/types.js';

export function indexChange(
  operation: 'add index' | 'drop index',
  { name, records }: CollectionManifest,
  index: KeyPath,
): AuditChange {
  return { operation, collections: [{ name, index, records }] };
}
