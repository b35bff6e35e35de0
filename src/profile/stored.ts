// What a store keeps of the profile of a collection: the profile, and which records it is of. It is made again whenever it does not
// fit: nothing depends on it.

import { decodeProfile, encodeProfile } from './encode.js';
import type { Profile } from './types.js';

/** A profile of some of the records of a collection. */
export interface StoredProfile {
  /** Of each shard that it is of: its number, and how many of its records from the first on. */
  readonly shards: ReadonlyMap<number, number>;
  readonly profile: Profile;
}

const VERSION = 1;
const PROFILE = ',"profile":';

/** JSON: the version, the shards, and the profile as `encodeProfile` writes it. */
export function encodeStored({ shards, profile }: StoredProfile): Buffer {
  const head = JSON.stringify({ version: VERSION, shards: [...shards] }).slice(0, -1);
  return Buffer.concat([Buffer.from(head + PROFILE), encodeProfile(profile), Buffer.from('}')]);
}

/** Undefined for what another version has written, or nobody. */
export function decodeStored(bytes: Uint8Array): StoredProfile | undefined {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Before it are numbers only.
    const at = text.indexOf(PROFILE);
    const { version, shards } = JSON.parse(`${text.toString('utf8', 0, at)}}`) as { version: unknown; shards: unknown };
    if (version !== VERSION || !areShards(shards)) return undefined;
    return { shards: new Map(shards), profile: decodeProfile(text.subarray(at + PROFILE.length, -1)) };
  } catch {
    return undefined;
  }
}

function areShards(value: unknown): value is [number, number][] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0),
    )
  );
}
