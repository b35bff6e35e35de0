// What a profile says of the records of a span, a shard or a collection. Two profiles make one by adding up (merge.ts), in
// any order: all facts are counts, extremes, intersections, or a fixed number of the smallest of something.

/** How many values a path has of each kind. A number is an integer if it is spelled without a fraction and an exponent. */
export interface KindCounts {
  readonly null: number;
  readonly false: number;
  readonly true: number;
  readonly integer: number;
  readonly decimal: number;
  readonly string: number;
  readonly array: number;
  readonly object: number;
}

/** What is known of all numbers at a path. */
export interface NumberFacts {
  /** The least and the greatest as encoded keys (keys/encode), which have the order of the numbers. Absent: no number has one. */
  readonly least?: Uint8Array;
  readonly greatest?: Uint8Array;
  /** Most significant digits that one of them is spelled with: from its first digit that is not 0 to its last that is not 0. */
  readonly digits: number;
  /** Integers that a double may not hold: below -(2^53 - 1) or above 2^53 - 1. */
  readonly beyondSafe: number;
  /** Numbers that have no encoded key: an exponent beyond its range, or more digits than it holds. They are in no extreme. */
  readonly beyondKeys: number;
}

/** Formats that can be recognised, as JSON Schema names them where it does. The order is that of the bits of a mask. */
export const FORMATS = [
  'date-time',
  'date',
  'time',
  'uuid',
  'email',
  'uri',
  'ipv4',
  'ipv6',
  'number',
  'base64',
] as const satisfies StringFormat[];

/** A format that strings may have, as JSON Schema names them. `number`: the string is a number of JSON. */
export type StringFormat =
  | ('date-time' | 'date' | 'time' | 'uuid' | 'email')
  | ('uri' | 'ipv4' | 'ipv6' | 'number' | 'base64');

/** What is known of all strings at a path. */
export interface StringFacts {
  /** Lengths in Unicode code points; a lone surrogate counts as one. */
  readonly shortest: number;
  readonly longest: number;
  /** The formats that every one of them has, by the bits of FORMATS. */
  readonly formats: number;
}

/** The different numbers and strings at a path, as their tokens are spelled. */
export interface ValueFacts {
  /**
   * Each of them and how often it is there, if there are at most VALUES_MAX and none has more than VALUE_BYTES_MAX bytes;
   * otherwise absent.
   */
  readonly counts?: ReadonlyMap<string, number>;
  /** If `counts` is absent: the SKETCH_SIZE smallest of their hashes (sketch.ts, hashes.ts), ascending (KMV: Bar-Yossef et al. 2002). */
  readonly sketch?: Uint8Array;
  /** If `counts` is absent: the EXAMPLES_MAX tokens of at most VALUE_BYTES_MAX bytes with the smallest hashes, by their hashes. */
  readonly examples?: readonly string[];
  /** With `examples`, their hashes in the same order (hashes.ts). */
  readonly exampleHashes?: Uint8Array;
}

/** What is known of all arrays at a path. */
export interface ArrayFacts {
  readonly shortest: number;
  readonly longest: number;
  /** All elements of all of them. Absent: every array is empty, or the profile does not look so deep. */
  readonly elements?: PathProfile;
}

/** What is known of all objects at a path. */
export interface ObjectFacts {
  /** Fewest and most members of one of them, repeated ones counted each time. */
  readonly fewest: number;
  readonly most: number;
  /**
   * By name, in the order of the names' UTF-16 code units. Absent if they were folded, if every object is empty, or if the
   * profile does not look so deep.
   */
  readonly members?: ReadonlyMap<string, PathProfile>;
  /** All members together, since there were more than NAMES_MAX different names, or no memory for them (`isPartial`). */
  readonly folded?: PathProfile;
}

/** What is known of all values at one path: of one member name, of the elements of arrays, or of the records themselves. */
export interface PathProfile {
  readonly kinds: KindCounts;
  /** How many of the values are those of a member that its object had before. Folded members: 0. */
  readonly repeats: number;
  /** Each is absent where no value is of its kind. */
  readonly numbers?: NumberFacts;
  readonly strings?: StringFacts;
  readonly values?: ValueFacts;
  readonly arrays?: ArrayFacts;
  readonly objects?: ObjectFacts;
  /** Whether the members here were folded for want of memory: what is said is true, but less than there is. */
  readonly isPartial?: true;
}

/** What a profile says beside kinds, sizes and extremes. */
export interface WantedFacts {
  /** The different values. */
  readonly values: boolean;
  /** Formats, by the bits of FORMATS. */
  readonly formats: number;
}

/** All that is known of a number of records. */
export interface Profile {
  readonly records: number;
  readonly root: PathProfile;
}

export const NO_KINDS: KindCounts = {
  null: 0,
  false: 0,
  true: 0,
  integer: 0,
  decimal: 0,
  string: 0,
  array: 0,
  object: 0,
};

/** A path without values. */
export const NOTHING: PathProfile = { kinds: NO_KINDS, repeats: 0 };

/** The profile of the records. @param isNamed whether a line is `{"key":…,"value":…}`: then it is that of the values */
export function valuesOf(profile: Profile, isNamed: boolean): Profile {
  if (!isNamed) return profile;
  const { records, root } = profile;
  return { records, root: root.objects?.members?.get('value') ?? NOTHING };
}

/** Above so many different numbers and strings a path keeps a sketch of them. */
export const VALUES_MAX = 64;
/** Longest token that is kept, in bytes, quotes included. */
export const VALUE_BYTES_MAX = 128;
export const SKETCH_SIZE = 128;
export const EXAMPLES_MAX = 5;
/** An object path with more different names than this is taken for a map: all its members together are one path. */
export const NAMES_MAX = 4096;
/** Of containers nested deeper than this only the sizes are known. A record is 1 deep. */
export const PROFILE_DEPTH_MAX = 64;
/** Memory of one profile that is being made, in bytes. Beyond it the widest object folds. */
export const PROFILE_BYTES = 16 << 20;
