// [quarantine]: the records that a rejected text has, where they are good after all.

import { GristmillError } from '../../base/errors.js';
import { DEPTH_DEFAULT, RECORD_BYTES_DEFAULT } from '../../base/limits.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import type { QuarantinedFacts } from '../../store/quarantine/lines.js';
import { ownForm, recordText } from '../../store/shards/line.js';
import type { Catalog, CollectionManifest } from '../../store/types.js';
import { heldTo, holdTo } from '../../update/records/held.js';
import { type KeyPlan, recordOfText } from '../../update/records/record.js';
import { memberOf, nameInFolder } from './record-names.js';

/** The records of an entry, all of them good, each with its name where names are keys. @throws GristmillError BAD_RECORD, SCHEMA_VIOLATION, … */
export function recordsOf(
  catalog: Catalog,
  manifest: CollectionManifest,
  plan: KeyPlan,
  { text, source }: { readonly text: string; readonly source: QuarantinedFacts },
) {
  const member = plan.kind === 'name' ? memberOf(text) : undefined;
  const texts = member === undefined ? valuesIn(text) : [member.text];
  const name = plan.kind === 'name' ? (member?.name ?? nameInFolder(catalog, manifest, source)) : undefined;
  // Two records cannot have one name; and each is looked at before the first is stored.
  if (name !== undefined && texts.length > 1)
    throw new GristmillError('BAD_RECORD', 'the text has more than one record');
  const check = heldTo(catalog, manifest);
  const form = ownForm(manifest);
  for (const one of texts) {
    const record = recordOfText(one, plan, name);
    if (check) holdTo(check, manifest.name, record, recordText(record.line, form));
  }
  return texts.map((one) => ({ text: one, name }));
}

/** The texts of values one after another. What is bad is left as it is: whoever stores it says why. */
function valuesIn(text: string): string[] {
  const limits = { depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT };
  const { records, bad } = scanPlain(Buffer.from(text), { layout: 'values', secondary: [], ...limits });
  return bad.length > 0 || records.length < 2 ? [text] : records.map(({ line }) => line.toString());
}
