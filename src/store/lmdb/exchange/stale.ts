// store at rest: [catalog]
//
// The values of an encrypted index that are not sealed with the active data key yet, a few at a time: where data keys are
// exchanged, each is written once more (upkeep/reencrypt/).

import { GristmillError } from '../../../base/errors.js';
import type { OpenedIndex } from '../open.js';

/** Values looked at in one go, and bytes of those that are written once more in one transaction. */
const LOOKED_AT_MAX = 1024;
const BYTES_MAX = 1 << 20;

export interface StaleValues {
  readonly values: readonly { readonly key: Uint8Array; readonly value: Buffer }[];
  /** The key that was looked at last; undefined: the database ends. */
  readonly last: Uint8Array | undefined;
}

/** @param after where to begin, behind this key @throws GristmillError CHECKSUM_MISMATCH for a value that is not authentic */
export function staleValues(
  { index, file }: Pick<OpenedIndex, 'index' | 'file'>,
  database: 'meta' | 'pages',
  after: Uint8Array | undefined,
): StaleValues {
  const values: { readonly key: Uint8Array; readonly value: Buffer }[] = [];
  const seal = index.sealed?.seal;
  if (seal === undefined) return { values, last: undefined };
  const from = after === undefined ? {} : { start: after, exclusiveStart: true };
  let [lookedAt, bytes] = [0, 0];
  for (const { key, value: sealed } of index[database].getRange(from as object)) {
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
