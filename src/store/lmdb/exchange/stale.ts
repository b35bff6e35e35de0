// store at rest: [catalog]
//
// The values of an encrypted index that are not sealed with the active data key yet, a few at a time: where data keys are
// exchanged, each is written once more (upkeep/reencrypt/).

import { GristmillError } from '../../../base/errors.js';
import type { SealedIndex } from '../sealed/digest.js';

/** Values looked at in one go, and bytes of those that are written once more in one transaction. */
const LOOKED_AT_MAX = 1024;
const BYTES_MAX = 1 << 20;

export interface StaleValues {
  readonly values: readonly { readonly key: Uint8Array; readonly value: Buffer }[];
  /** The key that was looked at last; undefined: the database ends. */
  readonly last: Uint8Array | undefined;
}

/** An opened index; `sealed` where it is encrypted. */
type StoredIndex = Pick<SealedIndex, 'meta' | 'pages'> & {
  readonly sealed?: Pick<SealedIndex, 'seal'> | undefined;
};

/** @param after where to begin, behind this key @throws GristmillError CHECKSUM_MISMATCH for a value that is not authentic */
export function staleValues(
  { meta, pages, sealed: sealedWith }: StoredIndex,
  database: 'meta' | 'pages',
  after: Uint8Array | undefined,
  file: string,
): StaleValues {
  const values: { readonly key: Uint8Array; readonly value: Buffer }[] = [];
  if (sealedWith === undefined) return { values, last: undefined };
  const { seal } = sealedWith;
  const from = after === undefined ? {} : { start: after, exclusiveStart: true };
  let [lookedAt, bytes] = [0, 0];
  for (const { key, value: sealed } of { meta, pages }[database].getRange(from)) {
    if (seal.isStale(sealed)) {
      const value = seal[database].open(key, sealed);
      if (value.byteLength === 0) {
        const message = `a value of the index ${file} is damaged: it is not as gristmill sealed it; verify the store, and repair it`;
        throw new GristmillError('CHECKSUM_MISMATCH', message, { file });
      }
      values.push({ key: Buffer.from(key), value });
      bytes += value.byteLength;
    }
    if (++lookedAt === LOOKED_AT_MAX || bytes >= BYTES_MAX) return { values, last: Buffer.from(key) };
  }
  return { values, last: undefined };
}
