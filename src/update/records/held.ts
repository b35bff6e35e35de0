// record > [line, keys] > overlay > pages > transaction
//
// The schema that a collection carries, as transactions hold records to it.

import { GristmillError } from '../../base/errors.js';
import { carriedCheck, factsOf, type SchemaCheck, violationText } from '../../import/rules/validate.js';
import { shownKey } from '../../keys/decode.js';
import { schemaOf } from '../../store/publish/schema.js';
import type { CatalogRead, CollectionManifest } from '../../store/types.js';
import { keyOfRecord, type NewRecord } from './record.js';

/** Undefined if the collection has none. @throws GristmillError CHECKSUM_MISMATCH if it is damaged */
export function heldTo(read: CatalogRead, manifest: CollectionManifest): SchemaCheck | undefined {
  const { schema: hash, name } = manifest;
  return hash === undefined ? undefined : carriedCheck(name, hash, () => schemaOf(read, manifest)!.text);
}

/** @param text of the record as it is to be stored @throws GristmillError SCHEMA_VIOLATION */
export function holdTo(check: SchemaCheck, collection: string, record: NewRecord, text: string): void {
  const violation = check.violation(text);
  if (violation === undefined) return;
  const key = keyOfRecord(record);
  const message = `${key === undefined ? 'a record' : `record ${shownKey(key)}`} of collection ${collection} is ${violationText(violation)}; nothing was changed`;
  throw new GristmillError('SCHEMA_VIOLATION', message, { violations: [factsOf(key, violation)] });
}
