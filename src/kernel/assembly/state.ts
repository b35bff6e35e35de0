// The kernel's memory map and its state.
//
//   [ tables | path trie | captures | stack | name | composite keys | tokens | out | entry heap | refs | refs (sorting) | window | blank bitmaps ]
//
// Everything up to the window is laid out once by `layout`; the window is last so that it alone can grow for a record
// that is larger than it. Offsets are byte addresses in linear memory.

/** Source bytes whose tokens are made at once: small enough that they and their tokens stay in the first-level cache. */
export const TILE_BYTES: u32 = 8192;
/** Tokens one turn of the grammar may use: comma, name, colon, value, and one more. */
export const LOOK_AHEAD_BYTES: u32 = 5 * 4;
/** Sentinel tokens after the last one of a window, so that the grammar can look ahead without asking. */
export const SENTINELS: u32 = 8;
/** Bytes after the window that are blank, so that blocks can be read in pairs at its end. */
export const PADDING_BYTES: u32 = 128;
/**
 * Values on key paths that a record may have here; one with more is the twin's. Each is at most two keys, and with the name
 * of a member they are then no more than any record may have (KEYS_PER_RECORD_MAX), which only the twin counts. Where a
 * path has more uses, in composite keys, the limit is lower (clearNodes).
 */
export const CAPTURES_MAX: u32 = 32_767;
/** Most keys of one record. */
export const KEYS_PER_RECORD_MAX: u32 = 65_536;
/** A capture: u32 where the value is, u32 node, plus 1 when it was found inside an array. */
export const CAPTURE_BYTES: u32 = 8;
/** A level of the stack: u32 stack bits, u32 first capture of this object, u64 members of the node seen. */
export const LEVEL_BYTES: u32 = 16;
export const OUT_BYTES: u32 = 262_144;
/** An entry: u32 shard, u32 ordinal, u16 key bytes, then the index number and the key. */
export const ENTRY_HEADER_BYTES: u32 = 10;
/** A reference to an entry while sorting: u64 eight bytes of its key, u32 address, u32 key bytes. */
export const REF_BYTES: u32 = 16;
/** Room for the given name of records (emit.ts): the longest key, every byte of it escaped, a number and quotes. */
export const NAME_BYTES: u32 = 16_384;

export class State {
  // Memory map.
  static trie: u32 = 0;
  static trieEnd: u32 = 0;
  static captures: u32 = 0;
  static capturesEnd: u32 = 0;
  static composites: u32 = 0;
  static columns: u32 = 0;
  static links: u32 = 0;
  static stack: u32 = 0;
  static tokens: u32 = 0;
  static name: u32 = 0;
  static out: u32 = 0;
  static heap: u32 = 0;
  static heapLimit: u32 = 0;
  static refs: u32 = 0;
  static refsSpare: u32 = 0;
  static refsMax: u32 = 0;
  static window: u32 = 0;
  static windowBytes: u32 = 0;
  /** Of the window as it was laid out first; it may have grown since, for a large record. */
  static firstWindowBytes: u32 = 0;
  static blanks: u32 = 0;

  // What is scanned.
  static layout: i32 = 0;
  static depth: u32 = 0;
  static recordBytesMax: u32 = 0;
  static frameBytes: u32 = 0;
  /** Bytes a line may need beyond its source text, before it: see emit. */
  static slack: u32 = 0;
  /** Free bytes before `pos` after a compaction, for many lines that need slack. */
  static gap: u32 = 0;
  static rootNode: u32 = 0;
  static hasPrimary: bool = false;
  static shard: u32 = 0;

  /** Whether the host is asked about each record, and what it has said of the one at `pos`. */
  static asks: bool = false;
  static verdict: i32 = 0;
  static lineBytes: u32 = 0;

  // Where the scan stands.
  static frameStart: u32 = 0;
  static dst: u32 = 0;
  static pos: u32 = 0;
  static end: u32 = 0;
  static eof: bool = false;
  /** Offset in the source minus address, of bytes not yet scanned. */
  static shift: f64 = 0;
  /** Where to stop: as an offset in the source, and as an address (0: anywhere, the highest: nowhere). */
  static stopOffset: f64 = 0;
  static stop: u32 = 0;
  static afterComma: bool = false;
  /** Blanks after the boundary have been let go: the next record counts as begun, wherever `stop` is. */
  static started: bool = false;
  static ordinal: u32 = 0;
  static frameRecords: u32 = 0;

  /** Records without a name of their own get one: so many bytes at `name`, an opening quote and text; 0: they get none. */
  static nameBytes: u32 = 0;
  /** Whether `#` and the record's ordinal plus `nameShift` follow. */
  static nameIsNumbered: bool = false;
  static nameShift: u32 = 0;

  /** Where the record at hand begins, or its name. */
  static start: u32 = 0;
  // Tokens made and not yet used: [tokenAt, tokenEnd).
  static tokenAt: u32 = 0;
  static tokenEnd: u32 = 0;
  static tokensValid: bool = false;

  // Stage 1.
  static origin: u32 = 0;
  static blockAt: u32 = 0;
  static inString: u64 = 0;
  static nextEscaped: u64 = 0;
  static prevSolid: u64 = 0;
  static utf8Incomplete: bool = false;
  /** Address of the first error in a string (control character, escape, UTF-8), or the highest address. */
  static errorAt: u32 = 0xffffffff;
  /** One past the last block with a backslash: names before it may hold escapes. */
  static backslashEnd: u32 = 0;
  /** One past the last pair of blocks with a blank outside strings: there are none from there on. */
  static blankEnd: u32 = 0;

  // Entries.
  /** Bytes that an entry has room for from its index number on, so that its key can be hidden in place (hide.ts); 0: as many as it has. */
  static keyRoom: u32 = 0;
  static heapEnd: u32 = 0;
  static refsEnd: u32 = 0;
}
