// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// A span's failure as the user gets it: where in the file, which line, which record, why, and what to do. A worker only says
// at which bytes; all that a person wants to know beyond that is looked up in the source, once, when it is needed.

import { type ErrorCode, type ErrorFacts, GristmillError } from '../../base/errors.js';
import { QUARANTINED_DEFAULT } from '../../base/limits.js';
import { shellWord } from '../../base/shell-word.js';
import { SNIPPET_BYTES, snippetOf } from '../../base/snippet.js';
import { BadReason } from '../../kernel/contract.js';
import { COMMA, countNewlines, isBlank } from '../../kernel/plain/bytes.js';
import { faultyPath } from '../../kernel/plain/faulty-path.js';
import { isComposite } from '../../keys/key-path.js';
import { formatPath } from '../../keys/paths.js';
import type { Pause } from '../../parallel/pause.js';
import { openSource } from '../source/open.js';
import type { Source } from '../source/source.js';
import type { SpanFailure, SpanTask } from '../tasks/span.js';

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

/** @param readBefore records of the source read before the span. @throws SOURCE_CHANGED, IO_ERROR; CANCELLED */
export async function placeOf(
  task: SpanTask,
  failure: SpanFailure,
  readBefore: number,
  pause: Pause,
): Promise<BadPlace> {
  const { offset, reason } = failure;
  const { path, fingerprint } = failure.file ?? task;
  const file = openSource(path, 'read', fingerprint);
  try {
    const line = await lineAt(file, offset, pause);
    const record = failure.file?.record ?? readBefore + failure.record;
    const from = Math.max(0, offset - SNIPPET_BYTES);
    const around = file.bytesAt(from, offset + SNIPPET_BYTES);
    const snippet = snippetOf(around, offset - from);
    return {
      where: `${path}, byte ${offset} (line ${line}, record ${record})`,
      why: `${reasonText(file, task, failure)}; the source has there: ${snippet || '(nothing)'}`,
      closing: failure.kind === 'truncated' ? closingCommand(file, task, failure) : undefined,
      facts: { file: path, offset, line, record, snippet, ...(reason && { reason }) },
    };
  } finally {
    file.close();
  }
}

/** @param readBefore records of the source read before the span. */
export async function failureError(
  task: SpanTask,
  failure: SpanFailure,
  readBefore: number,
  pause: Pause,
): Promise<GristmillError> {
  const place = await placeOf(task, failure, readBefore, pause);
  return new GristmillError(...describe(task, failure, place), place.facts);
}

function describe(
  task: SpanTask,
  { kind, start }: SpanFailure,
  { where, why, closing }: BadPlace,
): [ErrorCode, string] {
  switch (kind) {
    case 'bad record': {
      const help = "Correct the source, or import with option onBadRecord: 'skip' or option onBadRecord: 'quarantine'.";
      return ['BAD_RECORD', `A record is bad at ${where}: ${why}. ${help}`];
    }
    case 'too large': {
      const limit = task.setup.scan.recordBytesMax;
      const help =
        "If that is its true size, raise option recordBytesMax. If its members are the records, give option shape: 'object'. If the records are further inside, give option select. Otherwise a bracket or quote is missing there.";
      return ['RECORD_TOO_LARGE', `A record begins at ${where} and is larger than ${limit} bytes. ${help}`];
    }
    case 'truncated': {
      const last = `the last record, which begins at byte ${start},`;
      const help = closing ? ` To import what is there, close it in a copy: ${closing}` : '';
      return [
        'SOURCE_TRUNCATED',
        `The source ends inside its ${task.framing}, at ${where}. Either the copy is not complete, or ${last} has a bracket or quote missing.${help}`,
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
  const { framing } = task;
  const { path } = file;
  const sourceFrom = ofMany?.from ?? task.sourceFrom;
  const outside = textAt(file, 0, Math.min(sourceFrom - 1, READ_BYTES));
  if (outside.replace('\ufeff', '').trim() !== '') return undefined;
  const [open, close] = framing === 'array' ? ['[', ']'] : ['{', '}'];
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
function reasonText(file: Source, { setup, framing }: SpanTask, { reason, start, end }: SpanFailure): string {
  const text = reason ? BadReason[reason] : 'not valid';
  const { primary } = setup.scan;
  const isLong = end - start > EXAMINED_BYTES_MAX;
  if (isLong && primary && isComposite(primary)) return text;
  const json = isLong ? '' : textAt(file, start, end);
  const isNamed = framing === 'object';
  const record = Buffer.from(isNamed ? `${json}}` : json);
  const path = faultyPath(record, { ...setup.scan, framing: isNamed ? 'object' : 'values' }, reason);
  if (path === undefined) return text;
  const shown = `${text} "${formatPath(path)}"`;
  if (isLong || reason === 'KEY_NULL') return shown;
  return `${shown}: ${whatIsThere(isNamed ? Object.values(JSON.parse(`{${json}}`))[0] : JSON.parse(json), path)}`;
}

/** Describes the last value on a key path that the record has. */
function whatIsThere(record: unknown, path: readonly string[]): string {
  let value = record;
  let at = 0;
  while (at < path.length && isObject(value) && Object.hasOwn(value, path[at] as string))
    value = value[path[at++] as string];
  const dotted = path.slice(at).join('.');
  if (isObject(value) && at < path.length - 1 && Object.hasOwn(value, dotted)) {
    const pointer = formatPath([...path.slice(0, at), dotted]);
    return `it has a member whose name is "${dotted}", with the dot. For that one, give option key: '${pointer}'`;
  }
  const holder = at === 0 ? 'the record' : `"${formatPath(path.slice(0, at))}"`;
  if (Array.isArray(value)) return `${holder} is an array`;
  if (!isObject(value)) return `${holder} is ${value === null ? 'null' : `a ${typeof value}`}`;
  const names = Object.keys(value);
  if (names.length === 0) return `${holder} is an empty object`;
  const shown = names.slice(0, NAMES_SHOWN).map((name) => snippetOf(Buffer.from(name), 0));
  return `${holder} has ${shown.join(', ')}${names.length > NAMES_SHOWN ? ' …' : ''}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Line of an offset, from 1: counted only when an error needs it. */
async function lineAt(file: Source, offset: number, pause: Pause): Promise<number> {
  let line = 1;
  for (let at = 0; at < offset; at += READ_BYTES) {
    const bytes = file.bytesAt(at, Math.min(at + READ_BYTES, offset));
    line += countNewlines(bytes);
    await pause();
  }
  return line;
}
