// A record of a lock as a writer at work leaves it: this process, just now.

import { SELF } from '../../src/store/lock/process-identity.js';
import type { LockRecord } from '../../src/store/lock-types.js';

export function lockRecord(changes: Partial<LockRecord>): LockRecord {
  const now = new Date().toISOString();
  return {
    token: '00000000-0000-4000-8000-000000000000',
    operation: 'import',
    host: 'here',
    ...SELF,
    since: now,
    renewed: now,
    ...changes,
  };
}
