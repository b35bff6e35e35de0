// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// The profile that an import made of its records goes to the catalog in the publishing transaction, beside that of the records
// that stay.

import { mergeProfiles } from '../profile/merge.js';
import { decodeStored, encodeStored } from '../profile/stored.js';
import type { CatalogRead, CatalogWrite, CollectionManifest } from '../store/types.js';
import type { Tally } from './accept/tally.js';
import type { FilledImportOptions } from './options/resolve.js';

interface Profiled {
  readonly tally: Pick<Tally, 'profiles' | 'profiledShards'>;
  readonly options: Pick<FilledImportOptions, 'mode'>;
}

/** Without a profile of the new records, that of the old ones stays true of these; if they are gone, it goes. */
export function keepProfile(
  catalog: CatalogRead,
  write: CatalogWrite,
  { id }: CollectionManifest,
  { tally, options }: Profiled,
): void {
  const isReplaced = options.mode === 'replace';
  const profile = tally.profiles.profile();
  if (profile === undefined) {
    if (isReplaced) write.putProfile(id, undefined);
    return;
  }
  const bytes = isReplaced ? undefined : catalog.profile(id);
  const before = bytes && decodeStored(bytes);
  const shards = new Map([...(before?.shards ?? []), ...tally.profiledShards]);
  write.putProfile(id, encodeStored({ shards, profile: before ? mergeProfiles(before.profile, profile) : profile }));
}
