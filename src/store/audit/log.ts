// store at rest: [audit]
//
// The entries of the log, one after another, each with its checksum verified. Whether they are a chain is for verify.ts.

import { setImmediate } from 'node:timers/promises';
import type { CatalogRead } from '../types.js';
import { decodeEntry, parseEntry } from './chain.js';
import type { AuditEntry } from './types.js';

/** Entries read before others have their turn. */
const BATCH = 256;

/** Entries in order, or the newest first. @throws GristmillError CHECKSUM_MISMATCH */
export async function* auditEntries(read: CatalogRead, reverse = false): AsyncGenerator<AuditEntry> {
  const head = read.auditHead();
  if (head === undefined) return;
  const { first, sequence } = head;
  let [from, to] = [first, sequence];
  // The hash of each entry is the `previous` of the one after it.
  let previous: Buffer = Buffer.from(head.base, 'hex');
  while (from <= to) {
    const values = read.auditValues(from, to, BATCH, reverse);
    if (values.length === 0) return;
    const stored = values.map(({ sequence, value }) => ({ sequence, ...decodeEntry(value, sequence, read.file) }));
    for (const [i, one] of stored.entries()) {
      const before = reverse ? hashBefore(read, one.sequence, stored[i + 1], head.base, first) : previous;
      yield parseEntry(one, before, one.sequence, read.file);
      previous = one.hash;
    }
    const last = stored.at(-1)!.sequence;
    if (reverse) to = last - 1;
    else from = last + 1;
    await setImmediate();
  }
}

/** The hash of the entry before one, which may be in the next batch; empty where there is none. */
function hashBefore(
  read: CatalogRead,
  sequence: number,
  next: { readonly sequence: number; readonly hash: Buffer } | undefined,
  base: string,
  first: number,
): Buffer {
  if (sequence === first) return Buffer.from(base, 'hex');
  if (next?.sequence === sequence - 1) return next.hash;
  const [value] = read.auditValues(sequence - 1, sequence - 1, 1);
  return value === undefined ? Buffer.alloc(0) : decodeEntry(value.value, sequence - 1, read.file).hash;
}
