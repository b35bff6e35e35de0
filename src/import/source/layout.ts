// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// How the records of a source lie. Asked are, in this order: the option, the name of the file, the collection that the
// records are merged into, the bytes. No answer depends on how many records there are: what is read of a file is its first
// value, at most up to its end. An array is an array of records, anything else is a record, alone or with others behind it.
// That the members of an object are records cannot be told from its bytes: a file of one such object may be the first line
// of a file of many. The report says what was assumed, why, and which option says otherwise.

import type { LayoutReason, Shape } from '../../base/import-report.js';
import { DETECTION_BYTES } from '../../base/limits.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../kernel/plain/bytes.js';
import { checkBeginning, type Head, isFirstBad, shapeOfValues } from './detect.js';
import { extentOfFirst } from './first-value.js';
import type { Source } from './source.js';

/** The layout that a collection expects of a source that is merged into it or keeps it up to date. */
export type Expectation =
  /** Keys are member names, and values of this kind are records: an object of such members is an object of records. */
  | { readonly shape: 'object'; readonly kind: ValueKind | undefined }
  /** Records are arrays that stood one after another: an array is one record. */
  | { readonly shape: 'values' };

type ValueKind = 'object' | 'array' | 'scalar';

export interface Layout {
  readonly shape: Shape;
  readonly because: LayoutReason;
}

/** Names of files of lines. A compressed file has the ending of its format after that. */
const LINES_NAME = /\.(?:ndjson|jsonl)(?:\.(?:gz|zst|br|bz2|xz))?$/i;

/** The greatest length of the name of a first member, with the bytes around it. */
const NAME_BYTES_MAX = 64 * 1024;

/** Whether the name of a file says that it holds values one after another, each on a line of its own. */
export function isNamedLines(path: string): boolean {
  return LINES_NAME.test(path);
}

/**
 * The layout of a source for which no option says it.
 * @param head begins with its first byte that is not blank
 * @param isAlone whether it is not one file of a folder, where every record is judged by itself
 * @throws SOURCE_NOT_JSON
 */
export function* layoutOf(
  file: Source,
  head: Head,
  expectation: Expectation | undefined,
  isAlone: boolean,
): Generator<void, Layout> {
  const named = isNamedLines(file.path) ? yield* shapeOfNamedLines(file, head.offset, head.bytes) : undefined;
  if (isAlone || named === undefined) checkBeginning(head);
  if (named !== undefined) return { shape: named, because: 'name' };
  const [first] = head.bytes;
  if (expectation?.shape === 'object' && first === OPEN_OBJECT && fits(head.bytes, expectation.kind)) {
    return { shape: 'object', because: 'collection' };
  }
  const isArray = first === OPEN_ARRAY;
  if (isArray && expectation?.shape !== 'values') return { shape: 'array', because: 'content' };
  const extent = yield* extentOfFirst(file, head.offset, head.bytes);
  if (!isArray) return { shape: shapeOfValues(head, extent), because: 'content' };
  return { shape: extent === 'line' ? 'ndjson' : 'values', because: 'collection' };
}

/**
 * The layout of a file whose name says lines. Undefined if the name is wrong: the first value is good, but continues after
 * the end of its line.
 * @param from the offset at which the first value begins @param loaded as for `extentOfFirst`
 */
export function* shapeOfNamedLines(
  file: Source,
  from: number,
  loaded?: Uint8Array,
): Generator<void, 'ndjson' | 'values' | undefined> {
  const extent = yield* extentOfFirst(file, from, loaded);
  if (extent !== 'lines') return extent === 'line' ? 'ndjson' : 'values';
  const bytes = file.bytesAt(from, from + DETECTION_BYTES);
  const isAll = from + bytes.byteLength === file.fingerprint.bytes;
  // One bad line does not make another file of it.
  return isFirstBad({ path: file.path, offset: from, bytes, isAll }) ? 'ndjson' : undefined;
}

/** The kind of a value that begins with this byte. */
export function kindOf(byte: number): ValueKind {
  if (byte === OPEN_OBJECT) return 'object';
  return byte === OPEN_ARRAY ? 'array' : 'scalar';
}

/** Whether the first member of the object that `bytes` begin with is of this kind; one without members fits anything. */
function fits(bytes: Uint8Array, kind: ValueKind | undefined): boolean {
  const text = Buffer.from(bytes.subarray(0, NAME_BYTES_MAX)).toString('latin1');
  const found = /^\{\s*(?:\}|"(?:[^"\\]|\\.)*"\s*:\s*(.))/s.exec(text);
  if (found === null) return false;
  return found[1] === undefined || kind === undefined || kindOf(found[1].charCodeAt(0)) === kind;
}
