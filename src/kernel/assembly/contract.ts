// The numbers that cross the border to TypeScript; src/kernel/contract.ts and kernel/simd/scanner.ts hold the same ones (a test compares).

export const LAYOUT_NDJSON: i32 = 0;
export const LAYOUT_VALUES: i32 = 1;
export const LAYOUT_ARRAY: i32 = 2;
export const LAYOUT_OBJECT: i32 = 3;

// What next() returns.
/** Needs more source bytes after `end`: compact(), fill, loaded(), next(). */
export const EVENT_MORE: i32 = 0;
/** A frame is full: its plain text is [frameStart, dst). */
export const EVENT_FRAME: i32 = 1;
/** The entry heap is full: sort it, write a run, clear it. */
export const EVENT_SPILL: i32 = 2;
/** The record at `pos` is bad, or too unusual for this kernel: the plain twin decides. */
export const EVENT_SUSPECT: i32 = 3;
/** The first boundary at or after `stop` was reached: it is `pos`. */
export const EVENT_STOP: i32 = 4;
/** The container closed (`pos` is just after its bracket), or the source ended. */
export const EVENT_END: i32 = 5;
/** A record was read that the host is asked about: held.ts says where it is. The host answers with decide(). */
export const EVENT_RECORD: i32 = 6;

// What the host answers.
/** Nothing yet. */
export const VERDICT_NONE: i32 = 0;
/** The record is emitted as it is. */
export const VERDICT_KEEP: i32 = 1;
/** The keys of the record are emitted, with the line that the host has written at `dst`. */
export const VERDICT_REPLACE: i32 = 2;
/** The record is passed. */
export const VERDICT_DROP: i32 = 3;
/** The record may be bad: the plain twin reads it, as it reads any record that is suspect. */
export const VERDICT_DOUBT: i32 = 4;

// What parts of the kernel say to each other besides.
export const NO_EVENT: i32 = -1;
/** A line may be longer than its source, and the bytes before `pos` do not suffice. */
export const NO_ROOM: i32 = -2;

// Characters, by name.
export const QUOTE: u32 = 0x22;
export const BACKSLASH: u32 = 0x5c;
export const OPEN_BRACE: u32 = 0x7b;
export const CLOSE_BRACE: u32 = 0x7d;
export const OPEN_BRACKET: u32 = 0x5b;
export const CLOSE_BRACKET: u32 = 0x5d;
export const COLON: u32 = 0x3a;
export const COMMA: u32 = 0x2c;
export const NEWLINE: u32 = 0x0a;
export const SPACE: u32 = 0x20;
export const MINUS: u32 = 0x2d;
export const PLUS: u32 = 0x2b;
export const POINT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
export const NINE: u32 = 0x39;
export const LOWER_A: u32 = 0x61;
export const LOWER_E: u32 = 0x65;
export const LOWER_U: u32 = 0x75;
export const LOWER_T: u32 = 0x74;
export const LOWER_F: u32 = 0x66;
export const LOWER_N: u32 = 0x6e;

// Bits of an entry of the stack: what container we are in, whether an array lies on the way from the root of the record
// to it, and the node of the path trie it stands for (0: no key path leads here).
export const STACK_ARRAY: u32 = 1;
export const STACK_IN_ARRAY: u32 = 2;
export const STACK_NODE_SHIFT: u32 = 2;
