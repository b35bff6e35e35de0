// A wrapper document, `{"page": 1, "items": [{…}, {…}]}`, is one record, or one for each of its members, unless somebody says
// where the records are. Here that is found out, to be offered: for a single document, and for many that are alike, on lines
// or in files.

import { SMALL_COMPRESSED_BYTES_MAX } from '../../base/limits.js';
import { NEWLINE } from '../../kernel/plain/bytes.js';
import { formatPointer } from '../../keys/paths.js';
import { arrayInside } from '../accept/array-inside.js';
import { formatOf } from '../format/coding.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SourcePlan } from '../plan/source-plan.js';
import { type CodingOptions, codingIn, openPlain } from '../sequence/plain.js';
import { unpackFiles } from '../source/file-list.js';
import { openSource } from '../source/open.js';
import { filePathIn } from '../tasks/span.js';

/** A source of no more records than this may be one wrapper, or a few. */
const RECORDS_MAX = 3;
/** Documents of many that are looked at. */
const LOOKED_AT_MAX = 3;
/** One of this size was probably not meant to be a single record. */
const LONE_RECORD_BYTES = 1 << 20;
const HEAD_BYTES = 1 << 20;

/** What to tell of an import whose records probably have the records inside that somebody wants. */
export function wrapperWarning(
  plans: readonly SourcePlan[],
  read: number,
  how: Pick<FilledImportOptions, 'select' | 'key' | 'dialect'> & CodingOptions,
): string | undefined {
  const { select, key } = how;
  const [plan] = plans;
  // Option select takes strict JSON only. The records of other formats are what the format says.
  if (plan === undefined || read === 0 || how.dialect !== 'json') return undefined;
  if (formatOf(plan.path, how) !== undefined) return undefined;
  const isLone = plans.length === 1 && plan.files === undefined && read <= RECORDS_MAX;
  if (!isLone) return select === undefined && key === undefined ? warningOfMany(plans, how) : undefined;
  const { bytes } = plan.fingerprint;
  const what = read === 1 ? 'The source is a single record.' : `The source has ${read} records.`;
  const found = select === undefined ? arrayInside(headOf(plan, how)) : undefined;
  if (found !== undefined) {
    return `${what} If the records are in the array inside, give option select: '${formatPointer(found)}'.`;
  }
  if (read > 1 || bytes <= LONE_RECORD_BYTES) return undefined;
  return `${what} If its members are the records, give option layout: 'object'. If the records are further inside, give option select.`;
}

/** Where records have the key that was asked for, they are the records. */
function warningOfMany(plans: readonly SourcePlan[], how: CodingOptions): string | undefined {
  const pointers = new Set<string | undefined>();
  for (const document of documentsOf(plans, how)) {
    const found = arrayInside(document, true);
    pointers.add(found && formatPointer(found));
  }
  const [pointer] = pointers;
  if (pointers.size !== 1 || pointer === undefined) return undefined;
  return `Each record has almost nothing but an array. If the records are in the array inside, give option select: '${pointer}'.`;
}

/** The first documents of the sources: lines of a file of lines, and files of any other kind. */
function documentsOf(plans: readonly SourcePlan[], how: CodingOptions): Uint8Array[] {
  const [first] = plans as [SourcePlan];
  if (plans.length === 1 && first.files === undefined) {
    return first.recordLayout === 'ndjson' ? linesOf(headOf(first, how)).slice(0, LOOKED_AT_MAX) : [];
  }
  const files = plans.flatMap((plan) => (plan.files === undefined ? [plan] : filesOf(plan))).slice(0, LOOKED_AT_MAX);
  // A file of lines is a wrapper a line.
  return files.flatMap((file) => linesOf(headOf(file, how)).slice(0, LOOKED_AT_MAX));
}

function filesOf({ path: folder, files }: SourcePlan) {
  const [first] = files ?? [];
  if (first === undefined) return [];
  return unpackFiles(first.list).map(({ path, fingerprint }) => ({
    path: filePathIn(folder, first, path),
    fingerprint,
  }));
}

/** The lines of a file, if its first line is a value; else all that there is, as one. */
function linesOf(head: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0, end = head.indexOf(NEWLINE); from < head.byteLength; end = head.indexOf(NEWLINE, from)) {
    lines.push(head.subarray(from, end === -1 ? head.byteLength : end));
    from = end === -1 ? head.byteLength : end + 1;
  }
  const isLines = lines.length > 1 && Buffer.from(lines[0]!).toString('latin1').trimEnd().endsWith('}');
  return isLines ? lines.filter((line) => line.byteLength > 1) : [head];
}

/** Nothing where it cannot be read any more, or would have to be decompressed at length: this is advice. */
function headOf(
  { path, fingerprint: expected }: Pick<SourcePlan, 'path' | 'fingerprint'>,
  how: CodingOptions,
): Uint8Array {
  try {
    const raw = openSource(path, 'read', expected);
    const coding = codingIn(raw, how);
    raw.close();
    if (coding !== undefined && raw.end > SMALL_COMPRESSED_BYTES_MAX) return new Uint8Array();
    const source = openPlain(path, { how, coding, expected });
    try {
      return source.bytesAt(0, HEAD_BYTES);
    } finally {
      source.close();
    }
  } catch {
    return new Uint8Array();
  }
}
