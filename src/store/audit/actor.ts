// store at rest: [audit]
//
// Who makes a change, as far as the system knows: the process, its user, its machine. Asked once in each thread.

import { hostname, userInfo } from 'node:os';
import type { AuditActor } from './types.js';

let known: AuditActor | undefined;

export function processActor(): AuditActor {
  known ??= { ...user(), pid: process.pid, host: hostname() };
  return known;
}

function user(): Pick<AuditActor, 'uid' | 'user'> {
  const uid = process.getuid?.();
  try {
    const { username } = userInfo();
    return { ...(uid !== undefined && { uid }), user: username };
  } catch {
    // A container may run as a user id that has no name.
    return uid === undefined ? {} : { uid };
  }
}
