// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// A span's failure as the user gets it: where in the file, which line, which record, why, and what to do. A worker only says
// at which bytes; all that a person wants to know beyond that is looked up in the source, once, when it is needed.

import { type ErrorCode, type ErrorFacts, GristmillError } from '../../base/errors.js';
import { QUARANTINED_DEFAULT } from '../../base/limits.js';
import { shellWord } from '../../base/shell-word.js';
import { isWithheld, SNIPPET_BYTES, snippetOf } from '../../base/snippet.js';
import { BadReason, type ScanOptions } from '../../kernel/contract.js';
import { COMMA, countNewlines, isBlank } from '../../kernel/plain/bytes.js';
import { faultyPath } from '../../kernel/plain/faulty-path.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import { syntaxOf } from '../../kernel/plain/syntaxes.js';
import { isComposite, type Names } from '../../keys/key-path.js';
import { formatPath, formatPointer, isOnePlace } from '../../keys/paths.js';
import type { Pause } from '../../parallel/pause.js';
import { openArchive, openEntry } from '../archive/entry.js';
import { RanOut } from '../feed/chunk.js';
import { formatOf } from '../format/coding.js';
import type { LiveSource } from '../plan/span-job.js';
import { openPlain, withDecoders } from '../sequence/plain.js';
import type { Source } from '../source/source.js';
import type { ScanSetup, SpanFailure, SpanTask } from '../tasks/span.js';
import { arrayInside } from './array-inside.js';

const READ_BYTES = 1 << 20;
/** A record is parsed for its member names only up to this size. */
const EXAMINED_BYTES_MAX = 1 << 20;
const NAMES_SHOWN = 10;

/** A bad place, described. */
export interface BadPlace {
  /** "FILE, byte 12 (line 2, record 1)" */
  readonly where: string;
  /** The reason why the record is bad, with the bytes of the source at that place. */
  readonly why: string;
  /** For a container that the source ends in: a command that closes it in a copy. */
  readonly closing?: string | undefined;
  readonly facts: ErrorFacts;
}

/** Where something failed: the task, what it was, and how many records of the source were read before the span. */
export interface Failed {
  readonly task: SpanTask;
  readonly failure: SpanFailure;
  readonly readBefore: number;
  /** The source, if it is read in sequence. */
  readonly sequence?: LiveSource | undefined;
}

/** @throws SOURCE_CHANGED, IO_ERROR; CANCELLED */
export async function placeOf({ task, failure, readBefore, sequence }: Failed, pause: Pause): Promise<BadPlace> {
  const { offset, reason } = failure;
  const { path, fingerprint } = failure.file ?? task;
  const { coding = failure.file?.coding, setup } = task;
  const how = setup.coding;
  if (failure.converted?.why !== undefined) return convertedPlace(path, failure, readBefore);
  const entry = failure.file?.entry;
  const live = entry === undefined ? sequence : undefined;
  const file =
    live ??
    (await withDecoders(() =>
      entry === undefined
        ? openPlain(path, { how, coding, expected: fingerprint })
        : openEntry(openArchive(task), path, entry, how),
    ));
  try {
    const isClosable = failure.kind === 'truncated' && setup.scan.openEnd !== 'bare';
    const record = failure.file?.record ?? readBefore + failure.record;
    const from = Math.max(live?.kept ?? 0, offset - SNIPPET_BYTES);
    const around = file.bytesAt(from, offset + SNIPPET_BYTES);
    const snippet = snippetOf(around, offset - from);
    const reasonText = reasonOf(file, task, failure);
    if (formatOf(path, how) !== undefined) {
      const facts = { file: path, record, snippet, ...(reason && { reason }) };
      return { where: `${path}, record ${record}`, why: `${reasonText}; as JSON it has there: ${snippet}`, facts };
    }
    const line = await lineAt(file, live?.known ?? { at: 0, line: 1 }, offset, pause);
    return {
      where: `${path}, byte ${offset} (line ${line}, record ${record})`,
      why: `${reasonText}; the source has there: ${snippet || '(nothing)'}`,
      closing: isClosable && !sequence && !coding && !entry ? closingCommand(file, task, failure) : undefined,
      facts: { file: path, offset, line, record, snippet, ...(reason && { reason }) },
    };
  } finally {
    if (file !== live) file.close();
  }
}

/** The place of a record that its converter found bad. */
function convertedPlace(
  path: string,
  { converted, file, record: inSpan, reason }: SpanFailure,
  readBefore: number,
): BadPlace {
  const { offset, line, why = '' } = converted ?? {};
  const record = file?.record ?? readBefore + inSpan;
  const inLine = line === undefined ? `record ${record}` : `line ${line}, record ${record}`;
  const facts = { file: path, offset, line, record, ...(reason && { reason }) };
  return { where: `${path}, byte ${offset} (${inLine})`, why, facts };
}

export async function failureError(failed: Failed, pause: Pause): Promise<GristmillError> {
  const place = await placeOf(failed, pause);
  return new GristmillError(...describe(failed.task, failed.failure, place), place.facts);
}

function describe(
  task: SpanTask,
  { kind, start, reason }: SpanFailure,
  { where, why, closing }: BadPlace,
): [ErrorCode, string] {
  switch (kind) {
    case 'bad record': {
      const help = "Correct the source, or import with option onBadRecord: 'skip' or option onBadRecord: 'quarantine'.";
      if (reason === 'SELECT_NOT_FOUND' || reason === 'SELECT_NOT_CONTAINER') {
        return [reason, `A document has no records at ${where}: ${why}. Check option select. ${help}`];
      }
      return ['BAD_RECORD', `A record is bad at ${where}: ${why}. ${help}`];
    }
    case 'too large': {
      const limit = task.setup.scan.recordBytesMax;
      const help =
        "If the record is really that large, raise option recordBytesMax. If its members are the records, give option layout: 'object'. If the records are deeper inside, give option select. Otherwise a bracket or quote is missing there.";
      return ['RECORD_TOO_LARGE', `A record begins at ${where} and is larger than ${limit} bytes. ${help}`];
    }
    case 'truncated': {
      const last = `the last record, which begins at byte ${start},`;
      const keep =
        task.setup.select === undefined ? " To import only the complete records, give option onTruncated: 'keep'." : '';
      const help = `${keep}${closing ? ` To import the records that are there, make a copy with a closing bracket: ${closing}` : ''}`;
      return [
        'SOURCE_TRUNCATED',
        `The source ends inside its ${task.recordLayout}, at ${where}. Either the copy is not complete, or ${last} has a bracket or quote missing.${help}`,
      ];
    }
    case 'too many bad':
      return [
        'TOO_MANY_BAD_RECORDS',
        `More records are bad than option maxBad allows; nothing was changed. The last bad one is at ${where}: ${why}. ${allowMore(task)}`,
      ];
  }
}

/**
 * A command that writes the whole records of a source that ends inside its container, closed. Undefined where none of them is
 * whole, or the container is inside another value.
 * @param failure begins where the record begins that is not whole, or where the source ends
 */
function closingCommand(file: Source, task: SpanTask, { start, file: ofMany }: SpanFailure): string | undefined {
  const { path } = file;
  const sourceFrom = ofMany?.from ?? task.sourceFrom;
  const outside = textAt(file, 0, Math.min(sourceFrom - 1, READ_BYTES));
  if (outside.replace('\ufeff', '').trim() !== '') return undefined;
  const [open, close] = task.recordLayout === 'array' ? ['[', ']'] : ['{', '}'];
  const { bytes } = file.fingerprint;
  const last = bytes - start <= EXAMINED_BYTES_MAX ? textAt(file, start, bytes).trim() : 'too long to tell';
  const isWhole = last === '' || isJson(`${open}${last}${close}`);
  const from = Math.max(sourceFrom, start - READ_BYTES);
  const before = file.bytesAt(from, isWhole ? bytes : start);
  let end = before.byteLength;
  while (end > 0 && isBlank[before[end - 1]!] === 1) end--;
  const endsInComma = end > 0 && before[end - 1] === COMMA;
  if (endsInComma) end--;
  if (end === 0 || !(isWhole || endsInComma)) return undefined;
  return `{ head -c ${from + end} ${shellWord(path)}; echo '${close}'; } > ${shellWord(`${path}.closed.json`)}`;
}

function textAt(file: Source, from: number, to: number): string {
  return Buffer.from(file.bytesAt(from, to)).toString('utf8');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The advice to allow more bad records. (The rest of the limit for this span would mean nothing to a reader.) */
function allowMore({ setup: { onBadRecord } }: SpanTask): string {
  const common = `If you expect these bad records, allow more, for example option maxBad: ${100 * QUARANTINED_DEFAULT}.`;
  return onBadRecord === 'quarantine'
    ? `${common} Without option maxBad, an import quarantines at most ${QUARANTINED_DEFAULT}.`
    : common;
}

/** The reason in words. If the key is missing, it also says which members the record has. */
function reasonOf(file: Source, { setup, recordLayout }: SpanTask, failure: SpanFailure): string {
  const { reason, detail, start, end } = failure;
  if (detail !== undefined) return detail;
  const text = reason ? BadReason[reason] : 'not valid';
  if (reason === 'SELECT_NOT_FOUND' || reason === 'SELECT_NOT_CONTAINER') {
    const { select = [] } = setup;
    const isLong = end - start > EXAMINED_BYTES_MAX;
    if (reason === 'SELECT_NOT_CONTAINER' && !isOnePlace(select)) {
      return `not ${recordLayout === 'object' ? 'an object' : 'an array'}, although other values at option select: '${formatPointer(select)}' are`;
    }
    // Of several places, what is there would not say which one is wrong.
    const has = isLong || !isOnePlace(select) ? '' : whatDocumentHas(textAt(file, start, end), select);
    return `${text}: '${formatPointer(select)}'${has}`;
  }
  const { primary } = setup.scan;
  const isLong = end - start > EXAMINED_BYTES_MAX;
  if (isLong && primary && isComposite(primary)) return text;
  const isNamed = recordLayout === 'object';
  const json = isLong ? '' : strictText(textAt(file, start, end), { ...setup.scan, layout: recordLayout });
  const record = Buffer.from(isNamed ? `${json}}` : json);
  const path = faultyPath(record, { ...setup.scan, layout: isNamed ? 'object' : 'values' }, reason);
  if (path === undefined) return text;
  const shown = `${text} "${formatPath(path)}"`;
  if (isLong || reason === 'KEY_NULL') return shown;
  const value: unknown = isNamed ? Object.values(JSON.parse(`{${json}}`))[0] : JSON.parse(json);
  return `${shown}: ${whatIsThere(value, path)}${reason === 'KEY_MISSING' ? adviceToSelect(file, setup, json) : ''}`;
}

/** The text of a record in strict JSON. What is not valid stays as it is. */
function strictText(text: string, { layout, primary: _, ...scan }: ScanOptions): string {
  const syntax = syntaxOf(scan);
  if (syntax.strict === undefined) return text;
  const isNamed = layout === 'object';
  const source = Buffer.from(isNamed ? `${text}}` : text);
  const options = { ...scan, secondary: [], layout: isNamed ? layout : 'values' } as const;
  const [record] = scanPlain(source, options).records;
  if (record === undefined || !isNamed) return record?.line ?? text;
  const { key, value } = JSON.parse(record.line) as { readonly key: string; readonly value: unknown };
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/** A record without the key may be a document that has the records inside. An element of an array is none. */
function adviceToSelect(file: Source, { select }: ScanSetup, json: string): string {
  const found = select === undefined ? arrayInside(Buffer.from(json)) : undefined;
  if (found === undefined || isWithheld() || mayBeginWithArray(file)) return '';
  return `; if the records are in the array inside, give option select: '${formatPointer(found)}'`;
}

/** What is read in sequence may have lost its beginning: then nobody knows. */
function mayBeginWithArray(file: Source): boolean {
  try {
    return /^\ufeff?\s*\[/.test(textAt(file, 0, SNIPPET_BYTES));
  } catch (error) {
    if (error instanceof RanOut) return true;
    throw error;
  }
}

/** The last value that a document has on the way to its records; nothing if the document is not valid behind it. */
function whatDocumentHas(text: string, select: readonly string[]): string {
  try {
    return `; ${whatIsThere(JSON.parse(text), select, 'the document')}`;
  } catch {
    return '';
  }
}

/** Describes the last value on a key path that the record has. */
function whatIsThere(record: unknown, path: Names, what = 'the record'): string {
  let value: unknown = record;
  let at = 0;
  while (at < path.length && leadsOn(value, path[at]!)) value = value[path[at++]!];
  const dotted = path.slice(at).join('.');
  if (what === 'the record' && isObject(value) && at < path.length - 1 && Object.hasOwn(value, dotted)) {
    const pointer = formatPath([...path.slice(0, at), dotted]);
    return `it has a member whose name is "${dotted}", with the dot. For that member, give option key: '${pointer}'`;
  }
  const holder = at === 0 ? what : `"${formatPath(path.slice(0, at))}"`;
  if (Array.isArray(value)) {
    const count = value.length === 1 ? 'one element' : `${value.length} elements`;
    return `${holder} is an array${typeof path[at] === 'number' ? ` of ${count}` : ''}`;
  }
  if (!isObject(value)) return `${holder} is ${value === null ? 'null' : `a ${typeof value}`}`;
  const names = Object.keys(value);
  if (names.length === 0) return `${holder} is an empty object`;
  if (isWithheld()) return `${holder} has other members`;
  const shown = names.slice(0, NAMES_SHOWN).map((name) => snippetOf(Buffer.from(name), 0));
  return `${holder} has ${shown.join(', ')}${names.length > NAMES_SHOWN ? ' …' : ''}`;
}

/** Whether a path goes on from this value with this name, or position. */
function leadsOn(value: unknown, name: string | number): value is Record<string | number, unknown> {
  return (isObject(value) || (Array.isArray(value) && typeof name === 'number')) && Object.hasOwn(value, name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Line of an offset, from 1: counted from a known place on, only when an error needs it. */
async function lineAt(file: Source, known: LiveSource['known'], offset: number, pause: Pause): Promise<number> {
  let { line } = known;
  for (let { at } = known; at < offset; at += READ_BYTES) {
    const bytes = file.bytesAt(at, Math.min(at + READ_BYTES, offset));
    line += countNewlines(bytes);
    await pause();
  }
  return line;
}
