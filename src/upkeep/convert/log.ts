// [convert]: shards > index > [audit log] > rejected records > in place
//
// The audit log of a conversion. Its entries stay, text by text; but the hashes of an encrypted store's chain need its key, so the
// entries are chained once more. The entry about the conversion has the last hash of the old chain: a checkpoint of it still
// tells whether the old chain was changed before.

import { GristmillError } from '../../base/errors.js';
import { appendEntry } from '../../store/audit/append.js';
import { chainHash, decodeEntry, encodeEntry } from '../../store/audit/chain.js';
import { verifyAudit } from '../../store/audit/verify.js';
import type { ConversionKind } from '../../store/files/layout.js';
import type { SealKeys } from '../../store/seal/types.js';
import type { Catalog, CatalogRead } from '../../store/types.js';

/** Entries in one transaction. */
const BATCH = 256;

interface Chaining {
  readonly kind: ConversionKind;
  readonly old: CatalogRead;
  readonly from: SealKeys | undefined;
  readonly catalog: Catalog;
  readonly to: SealKeys | undefined;
  readonly pause: () => Promise<void>;
}

/** @throws GristmillError CHECKSUM_MISMATCH where the log is not sound; DISK_FULL, IO_ERROR; what `pause` throws */
export async function convertLog({ kind, old, from, catalog, to, pause }: Chaining): Promise<void> {
  const { fault } = await verifyAudit({ read: old, place: { seal: from }, pause });
  if (fault !== undefined) {
    const message = `entry ${fault.sequence} of the audit log of ${old.file} is not sound: ${fault.message}; nothing was converted: repair the store first`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file: old.file });
  }
  const head = old.auditHead();
  // A new ring has data key 1: the chain needs no key of its own.
  const hashOf = chainHash(to, undefined);
  let last: Uint8Array = Buffer.from(head?.base ?? '', 'hex');
  if (head !== undefined) {
    for (let next = head.first; next <= head.sequence; await pause()) {
      const values = old.auditValues(next, head.sequence, BATCH);
      await catalog.transaction((write) => {
        for (const { sequence, value } of values) {
          const { text } = decodeEntry(value, sequence, old.file);
          last = hashOf(last, text);
          write.putAuditEntry(sequence, encodeEntry(last, text));
        }
      });
      next = values.at(-1)!.sequence + 1;
    }
  }
  await catalog.transaction((write) => {
    const header = catalog.header();
    const generation = header.generation + 1;
    write.putHeader({ ...header, generation });
    if (head !== undefined) {
      const { key: _, ...kept } = head;
      write.putAuditHead({ ...kept, hash: Buffer.from(last).toString('hex') });
    }
    const collections = catalog.collections().map(({ name, records }) => ({ name, records }));
    const result = head === undefined ? 'done' : `chained once more; entry ${head.sequence} had the hash ${head.hash}`;
    // What the conversion published in its own index is no change of the store.
    const before = Math.max(head?.generation ?? 0, old.generation());
    appendEntry({ catalog, write, place: { seal: to } }, before, { operation: kind, result, collections });
  });
}
