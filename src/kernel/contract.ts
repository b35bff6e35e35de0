// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// What the two kernels agree on: the WebAssembly one (assembly/) and its readable twin (kernel/plain/kernel.ts).
// The numbers below cross the border between TypeScript and WebAssembly: assembly/contract.ts repeats them, and
// test/kernel/contract.test.ts compares the two.

import type { KeyNames } from '../keys/key-path.js';

/** How the records of a source are laid out. */
export const RecordLayout = {
  /** One value a line (NDJSON): a raw newline always ends a record. */
  ndjson: 0,
  /** Values one after another, white space between them optional. */
  values: 1,
  /** The elements of one array. */
  array: 2,
  /** The members of one object; the member name is the key. */
  object: 3,
} as const;
export type RecordLayout = keyof typeof RecordLayout;

/** Why a record was rejected; the message is what a person reads. */
export const BadReason = {
  UNEXPECTED_CHARACTER: 'a character that is not allowed here',
  UNEXPECTED_END_OF_LINE: 'the line ends inside the record',
  UNEXPECTED_END: 'the source ends inside the record',
  BAD_NUMBER: 'not a valid number',
  BAD_LITERAL: 'not one of true, false, null',
  NOT_FINITE: 'NaN or an infinity, which JSON does not have; option nonfinite says what to store instead',
  CONTROL_CHARACTER: 'a raw control character inside a string',
  BAD_ESCAPE: 'not a valid escape sequence',
  BAD_UTF8: 'not valid UTF-8',
  TOO_DEEP: 'nested deeper than the limit',
  RECORD_TOO_LARGE: 'larger than the record limit',
  KEY_MISSING: 'has no value at the key path',
  KEY_NULL: 'has null at the key path',
  KEY_NOT_SCALAR: 'has an array or object at the key path',
  KEY_TOO_LONG: 'has a key longer than the limit',
  KEY_OUT_OF_RANGE: 'has a numeric key whose exponent is beyond the limit',
  TOO_MANY_KEYS: 'has more index values than the limit',
  // Of option transform (import/rules/transform.ts).
  TRANSFORM_FAILED: 'option transform failed',
  // Of option schemaVersion (import/rules/rules.ts).
  MIGRATION_FAILED: 'cannot be migrated to the newest version of the collection',
  // Of option validate (import/rules/validate.ts).
  SCHEMA_VIOLATION: 'not valid against the schema',
  // Of documents that have their records inside (import/scan/document-scan.ts); the kernels know none.
  SELECT_NOT_FOUND: 'a document that has nothing at the place of option select',
  SELECT_NOT_CONTAINER: 'a document that has no records at the place of option select',
  BAD_DOCUMENT: 'a document that is not valid JSON outside of the place of option select',
  // Of sources that are converted to JSON (import/format/); the kernels know none.
  BAD_ROW: 'a row that does not fit its header',
  BAD_BSON: 'a BSON document that is damaged',
  BAD_ACTION: 'an action of a bulk file that cannot be imported',
} as const;
export type BadReasonName = keyof typeof BadReason;

/** What both kernels are asked to do with a source. */
export interface ScanOptions {
  readonly layout: RecordLayout;
  /**
   * Path of the primary key as member names. Absent: the member name (layout `object`), or no primary key at all.
   * A record without a scalar there is bad, and so is one with null. An array on the way or at the end counts as "not a
   * scalar" where a value is found inside it, unless the path goes on with a position. All this is true of each component
   * of a composite key.
   */
  readonly primary?: KeyNames;
  /** Whether null may be a primary key. Records that gristmill stored before it refused them may have it. Default false. */
  readonly allowsNull?: boolean;
  /**
   * Paths of the secondary indexes, no two of them the same. Where a path goes on with a position, it leads to that element
   * of an array. Other arrays on the way or at the end are transparent: each element counts. A composite index has a key for each combination of values of its components, and so none if one of them has
   * no value.
   */
  readonly secondary: readonly KeyNames[];
  /**
   * In an encrypted store that hides keys: by index number, the secret that its keys are hidden with (`keys/pseudonyms.ts`).
   * Absent: keys are as they are.
   */
  readonly secrets?: readonly Uint8Array[];
  /** Deepest nesting accepted inside a record: `[]` is 1 deep. */
  readonly depthMax: number;
  /** Largest record accepted, in bytes of source text from its first byte to its last. */
  readonly recordBytesMax: number;
  /** How the source is spelled; the SIMD kernel accepts only strict JSON, which every dialect reads the same. Default json. */
  readonly dialect?: 'json' | 'json5';
  /** What becomes of NaN and infinities: the record is bad, or they become null, or strings. Default reject. */
  readonly nonfinite?: 'reject' | 'null' | 'string';
  /** Whether RFC 7464's record separator (0x1e) may stand between values (layout `values`). Default false. */
  readonly hasSeparators?: boolean;
  /**
   * Whether the source may end before its container does (layouts `array` and `object`). `bare`: the container has no
   * brackets. `cut`: its last record counts if it is certainly whole. Default: the last record is bad then.
   */
  readonly openEnd?: 'bare' | 'cut';
  /**
   * Whether the client decides about each record before it gets keys: it may pass it, or store another text. Default false.
   * The plain twin then gives records without keys.
   */
  readonly asks?: boolean;
}

/** One record as a kernel saw it. */
export interface ScannedRecord {
  /** The line a shard keeps, without its newline: insignificant white space dropped, tokens exactly as spelled. */
  readonly line: string;
  /**
   * Encoded index keys: [index number, encoded key in hexadecimal], by index number, then in document order: by the first
   * component, then by the next.
   * Index 0 is the primary key, secondary index i has number i + 1. A member that is repeated within one object counts
   * once, the last time, with everything below it (as `JSON.parse` has it).
   */
  readonly keys: readonly (readonly [number, string])[];
}

/** Where and why a record is bad. */
export interface BadRecord {
  readonly reason: BadReasonName;
  /** Offset of the first byte that makes the record bad (of the record's start for KEY_ reasons and RECORD_TOO_LARGE). */
  readonly offset: number;
  /** 0-based ordinal of the record among all that were read, bad ones included. */
  readonly record: number;
  /** First byte of the bad record, and one past its last: what quarantine keeps. */
  readonly start: number;
  readonly end: number;
  /** The reason in more words. */
  readonly detail?: string | undefined;
  /** Of SCHEMA_VIOLATION: a JSON Pointer to the value in the record, and the keyword of the schema. */
  readonly violation?: { readonly pointer: string; readonly keyword: string } | undefined;
}

/** The outcome of scanning a whole buffer; bad records are stepped over. Offsets are bytes from its start. */
export interface ScanResult {
  readonly records: readonly ScannedRecord[];
  readonly bad: readonly BadRecord[];
  /** Layout `array`/`object`: offset just after the closing bracket, or -1 when the source ends first; else the length. */
  readonly end: number;
}

/**
 * Scans a buffer from its first byte. Layout `array`/`object`: the buffer begins just after the opening bracket.
 * Both kernels are functions of this type for the suite that runs on both.
 */
export type Scan = (bytes: Uint8Array, options: ScanOptions) => ScanResult;
