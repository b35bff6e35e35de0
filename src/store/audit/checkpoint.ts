// store at rest: [audit]
//
// A checkpoint is one line that says what the log was at a moment. Kept where nobody who can change the store can change it, it
// exposes a store that was rolled back as a whole. Encode and decode stand side by side.

import type { CatalogRead } from '../types.js';

/** The state of the log at a moment. */
export interface AuditCheckpoint {
  /** The id of the chain: another one is that of another store, or of a log that was begun again. */
  readonly chain: string;
  /** Sequence number of the newest entry. */
  readonly sequence: number;
  /** Hash of the newest entry, hexadecimal. */
  readonly hash: string;
  /** The time when the checkpoint was made (ISO 8601). */
  readonly time: string;
}

const LINE = /^gristmill-audit-1 chain=([0-9a-f-]{36}) sequence=(\d{1,16}) hash=([0-9a-f]{64}) time=([0-9TZ:.-]{24})$/;

/** Undefined where the store has no entry yet. */
export function checkpointOf(read: CatalogRead): AuditCheckpoint | undefined {
  const head = read.auditHead();
  if (head === undefined) return undefined;
  const { chain, sequence, hash } = head;
  return { chain, sequence, hash, time: new Date().toISOString() };
}

export function checkpointLine({ chain, sequence, hash, time }: AuditCheckpoint): string {
  return `gristmill-audit-1 chain=${chain} sequence=${sequence} hash=${hash} time=${time}`;
}

/** @throws TypeError */
export function parseCheckpoint(line: unknown): AuditCheckpoint {
  const found = typeof line === 'string' ? LINE.exec(line.trim()) : null;
  if (found === null) {
    throw new TypeError(
      'a checkpoint must be a line as audit checkpoint prints it: gristmill-audit-1 chain=… sequence=… hash=… time=…',
    );
  }
  const [, chain, sequence, hash, time] = found as unknown as [string, string, string, string, string];
  return { chain, sequence: Number(sequence), hash, time };
}
