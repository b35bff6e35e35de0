// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// How the records of a source lie. Asked are, in this order: the option, the name of the file, the collection that the
// records are merged into, the bytes. No answer depends on how many records there are: what is read of a file is its first
// value, at most up to its end. An array is an array of records, anything else is a record, alone or with others behind it.
// That the members of an object are records cannot be told from its bytes: a file of one such object may be the first line
// of a file of many. The report says what was assumed, why, and which option says otherwise.

import type { Layout, LayoutReason } from '../../base/import-report.js';
import { DETECTION_BYTES } from '../../base/limits.js';
import { NEWLINE, OPEN_ARRAY, OPEN_OBJECT, RECORD_SEPARATOR, skipBlanks } from '../../kernel/plain/bytes.js';
import type { Spelling } from '../../kernel/plain/syntaxes.js';
import { atOnce, type Steps } from '../../parallel/steps.js';
import { plainName } from '../codec/names.js';
import type { SpellingOptions } from '../options/spelling.js';
import { checkBeginning, type Head, isFirstBad, layoutOfValues, UTF8_MARK } from './detect.js';
import { extentOfFirst, firstUnblank } from './first-value.js';
import type { Source } from './source.js';

/** The layout that a collection expects of a source that is merged into it or keeps it up to date. */
export type Expectation =
  /** Keys are member names, and values of this kind are records: an object of such members is an object of records. */
  | { readonly layout: 'object'; readonly kind: ValueKind | undefined }
  /** Records are arrays that stood one after another: an array is one record. */
  | { readonly layout: 'values' };

type ValueKind = 'object' | 'array' | 'scalar';

export interface FoundLayout {
  readonly layout: Layout;
  readonly because: LayoutReason;
}

/** How documents follow one another that have their records inside (option `select`): each on a line, or anyhow. */
export type DocumentLayout = 'ndjson' | 'values';

/** Names of files of lines. A compressed file has the ending of its format after that. */
const LINES_NAME = /\.(?:ndjson|jsonl)$/i;

/** The greatest length of the name of a first member, with the bytes around it. */
const NAME_BYTES_MAX = 64 * 1024;

/** Whether the name of a file says that it holds values one after another, each on a line of its own. */
export function isNamedLines(path: string): boolean {
  return LINES_NAME.test(plainName(path));
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
  spelling: SpellingOptions,
): Steps<FoundLayout> {
  if (spelling.hasSeparators && head.bytes[0] === RECORD_SEPARATOR) return { layout: 'values', because: 'content' };
  const named = isNamedLines(file.path)
    ? yield* layoutOfNamedLines(file, head.offset, spelling, head.bytes)
    : undefined;
  if (isAlone || named === undefined) checkBeginning(head, spelling);
  if (named !== undefined) return { layout: named, because: 'name' };
  const [first] = head.bytes;
  if (expectation?.layout === 'object' && first === OPEN_OBJECT && fits(head.bytes, expectation.kind)) {
    return { layout: 'object', because: 'collection' };
  }
  const isArray = first === OPEN_ARRAY;
  if (isArray && expectation?.layout !== 'values') return { layout: 'array', because: 'content' };
  const extent = yield* extentOfFirst(file, head.offset, spelling, head.bytes);
  if (!isArray) return { layout: layoutOfValues(head, extent, spelling), because: 'content' };
  return { layout: extent === 'line' ? 'ndjson' : 'values', because: 'collection' };
}

/**
 * The layout of a file whose name says lines. Undefined if the name is wrong: the first value is good, but continues after
 * the end of its line.
 * @param from the offset at which the first value begins @param loaded as for `extentOfFirst`
 */
export function* layoutOfNamedLines(
  file: Source,
  from: number,
  spelling: Spelling,
  loaded?: Uint8Array,
): Steps<'ndjson' | 'values' | undefined> {
  const extent = yield* extentOfFirst(file, from, spelling, loaded);
  if (extent !== 'lines') return extent === 'line' ? 'ndjson' : 'values';
  const bytes = file.bytesAt(from, from + DETECTION_BYTES);
  const isAll = from + bytes.byteLength === file.end;
  // One bad line does not make another file of it.
  return isFirstBad({ path: file.path, offset: from, bytes, isAll }, spelling) ? 'ndjson' : undefined;
}

/**
 * How the documents of a file follow one another, if its name says that it has several. Undefined if the name does not say
 * so or is wrong. A long first line is not walked over to its end: then the name is believed.
 */
export function documentsOfName(file: Source): DocumentLayout | undefined {
  if (!isNamedLines(file.path)) return undefined;
  const head = file.bytesAt(0, DETECTION_BYTES);
  const first = skipBlanks(
    head,
    UTF8_MARK.every((byte, i) => head[i] === byte) ? UTF8_MARK.length : 0,
    head.byteLength,
  );
  const isAll = head.byteLength === file.end;
  if (!isAll && head.indexOf(NEWLINE, first) === -1) return 'ndjson';
  return documentsOf(atOnce(layoutOfNamedLines(file, first, {}, head.subarray(first))));
}

/** What the documents of files of a folder must have at the place of option `select`: no file decides for the others. */
export function containerOf(layout: Layout | undefined): 'array' | 'object' {
  return layout === 'object' ? 'object' : 'array';
}

/** What a layout of records says of documents that have their records inside. */
export function documentsOf(layout: Layout | undefined): DocumentLayout | undefined {
  return layout === 'ndjson' || layout === 'values' ? layout : undefined;
}

/** Whether the first document of several, which begins at `from`, stands on a line of its own. @param next where the second one begins */
export function documentsBefore(file: Source, from: number, next: number): DocumentLayout {
  for (let at = from; at < next; at += DETECTION_BYTES) {
    const newline = file.bytesAt(at, Math.min(at + DETECTION_BYTES, next)).indexOf(NEWLINE);
    if (newline !== -1) return firstUnblank(file, at + newline) === next ? 'ndjson' : 'values';
  }
  return 'values';
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
