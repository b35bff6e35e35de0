// Every limit, with its reason. A limit is a promise about memory or about the format; nothing is unbounded.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Default of the largest record, in bytes: one record must fit one frame, and a frame in memory (option `recordBytesMax`). */
export const RECORD_BYTES_DEFAULT = 256 * MIB;
/** Deepest nesting inside a record: deeper is nearly always an attack, and JSON.stringify fails soon after. */
export const DEPTH_DEFAULT = 1024;
/** Longest encoded key, in bytes: LMDB keys end at 1,978 bytes and ours carry a tree, an index and a location beside it. */
export const KEY_BYTES_MAX = 1_900;
/** Most index values one record may have, over all indexes: bounds the kernel's capture list. */
export const KEYS_PER_RECORD_MAX = 65_536;
/** Most indexes of a collection, the primary one included: an index number is one byte. */
export const INDEXES_MAX = 250;
