// A record that a patch has made of one in an older shape: what migrations have hidden of that is stored with it, so that who
// returns to the older version finds it.

import { GristmillError } from '../../base/errors.js';
import type { KeyValue } from '../../keys/encode.js';
import type { Lookup } from '../../lookup/lookup.js';
import { ownForm, recordText, storedText, withText } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import { type KeyPlan, type NewRecord, recordOfText } from './record.js';
import { haveSameMembers } from './same-members.js';

/** Where the record is that was patched. */
interface Patched {
  readonly manifest: CollectionManifest;
  /** Undefined where the transaction has made the collection. */
  readonly lookup: Lookup | undefined;
  /** What the transaction has made of the record before; undefined: it is the stored one. */
  readonly changed: NewRecord | undefined;
  readonly plan: KeyPlan;
  /** Of a record whose key is its name. */
  readonly name: string | undefined;
}

/** @throws GristmillError MIGRATION_REFUSED where both cannot be stored in one record */
export function withHidden(
  record: NewRecord,
  key: KeyValue,
  { manifest, lookup, changed, plan, name }: Patched,
): NewRecord {
  const form = ownForm(manifest);
  const place = changed === undefined ? lookup?.place(key) : undefined;
  const stored =
    place === undefined ? changed?.kept : { line: lookup!.fetch.linesSync([place])[0]!, shape: place.entry.shape ?? 0 };
  const reshape = stored && lookup?.generation().formOf({ named: form.isNamed, shape: stored.shape }).reshape;
  if (stored === undefined || reshape?.back === undefined) return record;
  const text = recordText(record.line, form);
  const kept = reshape.back(text, storedText(stored.line, form));
  const shown = reshape.of(kept);
  if (!haveSameMembers(shown, text)) throw cannotKeep(manifest.name);
  return {
    ...(shown === text ? record : recordOfText(shown, plan, name)),
    kept: { line: withText(stored.line, form, kept), shape: stored.shape },
  };
}

function cannotKeep(collection: string): GristmillError {
  const message = `the patch gives a record of collection ${collection} what a migration has taken from it, so it cannot be stored with what the migration has hidden; nothing was changed: make the migrations final first (gristmill evolve finalize), or put the whole record`;
  return new GristmillError('MIGRATION_REFUSED', message);
}
