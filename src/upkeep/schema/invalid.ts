// [schema]: the error about stored records that are not valid against a new schema. It names the first few by their keys.

import { GristmillError, type SchemaViolation } from '../../base/errors.js';
import { factsOf, violationText } from '../../import/rules/validate.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { lineOf } from '../../store/publish/line-keys.js';
import { keyOfLine, nameOf } from '../../store/publish/unique-error.js';
import type { CatalogRead, CollectionManifest } from '../../store/types.js';
import type { CollectionCheck } from './check.js';

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR when a record cannot be read any more */
export function invalidError(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
  { invalid, first }: CollectionCheck,
): GristmillError {
  const violations: SchemaViolation[] = [];
  const texts = first.map(({ entry, ordinal, violation }) => {
    const line = lineOf(read, place, manifest, entry, ordinal);
    violations.push(factsOf(keyOfLine(manifest, entry, ordinal, line), violation));
    return `record ${nameOf(manifest, entry, ordinal, line)} is ${violationText(violation)}`;
  });
  const records = invalid === 1 ? 'a record' : `${invalid} records`;
  const rest = invalid > first.length ? '; …' : '';
  const message = `${records} of collection ${manifest.name} would break the schema: ${texts.join('; ')}${rest}; nothing was changed. Correct the records, or give option onlyNew: true to hold only new records to the schema.`;
  return new GristmillError('SCHEMA_VIOLATION', message, { records: invalid, violations });
}
