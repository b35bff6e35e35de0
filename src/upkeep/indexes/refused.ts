// [index]: the error about a record that an import with the new index would refuse. It names the record by its key.

import { GristmillError } from '../../base/errors.js';
import { BadReason, type BadReasonName } from '../../kernel/contract.js';
import { type KeyPath, quotedPath } from '../../keys/key-path.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { lineOf } from '../../store/publish/line-keys.js';
import { nameOf } from '../../store/publish/unique-error.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';

/** The record that is refused, and why. */
export interface RefusedRecord {
  readonly entry: ShardEntry;
  readonly ordinal: number;
  readonly reason: BadReasonName;
}

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR when the record cannot be read any more */
export function refusedError(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
  path: KeyPath,
  { entry, ordinal, reason }: RefusedRecord,
): GristmillError {
  const name = nameOf(manifest, entry, ordinal, lineOf(read, place, manifest, entry, ordinal));
  const why =
    reason.startsWith('KEY_') || reason === 'TOO_MANY_KEYS' ? BadReason[reason] : `is bad: ${BadReason[reason]}`;
  const message = `record ${name} of collection ${manifest.name} cannot be in index ${quotedPath(path)}, because it ${why}; nothing was changed`;
  return new GristmillError('BAD_RECORD', message, { reason });
}
