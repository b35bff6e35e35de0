// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at every source before anything is read in earnest: is it there, is it JSON, where do its records begin, how are
// they laid out, into which spans is it cut. Spans have a size that depends on the source alone, so the shards are the
// same bytes whatever the number of workers.

import { GristmillError } from '../../base/errors.js';
import { DETECTION_BYTES } from '../../base/limits.js';
import { SNIPPET_BYTES } from '../../base/snippet.js';
import { skipBlanks } from '../../kernel/plain/bytes.js';
import { isOnePlace, parsePointer } from '../../keys/paths.js';
import type { Pause } from '../../parallel/pause.js';
import { inTurns, type Steps } from '../../parallel/steps.js';
import { trailingBytes } from '../document/faults.js';
import { formatOf } from '../format/coding.js';
import { spellingOf } from '../options/spelling.js';
import { type Opened, openToPlan } from '../sequence/open.js';
import { type CodingOptions, openPlain, withDecoders } from '../sequence/plain.js';
import { Sequence } from '../sequence/sequence.js';
import { type Head, markBytes } from '../source/detect.js';
import type { DocumentWalker } from '../source/document.js';
import { findUnblank } from '../source/first-value.js';
import { documentsOf, type FoundLayout, isNamedLines, layoutOf } from '../source/layout.js';
import { openSource } from '../source/open.js';
import type { Fingerprint, Source } from '../source/source.js';
import { planArchive } from './archive.js';
import { findContainer, planDocuments } from './documents.js';
import { checkCells, checkFormat } from './formats.js';
import { COMPRESSION, type Cuts, cut, type PlanOptions, type SourcePlan } from './source-plan.js';

/** @throws SOURCE_… and SELECT_… errors; CANCELLED */
export async function planSource(
  path: string,
  options: PlanOptions,
  pause: Pause,
  source = 0,
  relative = '',
  expected?: Fingerprint,
): Promise<SourcePlan> {
  checkFormat(path, options);
  const opened = await openToPlan(path, options, expected);
  try {
    return await planOpened(opened, options, pause, source, relative);
  } finally {
    opened.close();
  }
}

/** The plan of a source that is open. @throws as planSource */
export async function planOpened(
  opened: Omit<Opened, 'close'>,
  options: PlanOptions,
  pause: Pause,
  source: number,
  relative: string,
): Promise<SourcePlan> {
  const { file, sequential: inSequence, coding } = opened;
  const { path, fingerprint } = file;
  // A worker that reads several containers of a document decodes the document itself: no part of it can be read alone.
  const isWhole = inSequence?.isFile && !isOnePlace(parsePointer(options.select ?? ''));
  const sequential = isWhole ? undefined : inSequence;
  const cuts: Cuts = (from) => {
    if (sequential) return [];
    // Each span of it would decode all of it. How long its text is may not be known yet: this is for the progress.
    if (coding) return [{ from, to: Number.isFinite(file.end) ? file.end : COMPRESSION * fingerprint.bytes }];
    return cut(from, file.end, options.spanBytes);
  };
  const first = await headAt(file, 0, options);
  const bytes = file instanceof Sequence && !file.isFile ? file.sourceEnd : fingerprint.bytes;
  const facts = { path, fingerprint, bytes, source, relative };
  // An archive in a folder or in an archive is a file like any other.
  const archive = relative === '' ? await planArchive(opened, first, options, pause) : undefined;
  const isOnce = inSequence?.isFile === false;
  if (archive !== undefined) {
    if (isOnce && options.pass !== undefined) throw archiveOnce(path);
    return { ...facts, ...archive };
  }
  checkCells(path, options);
  const head = await firstHead(file, first, options, mayBeEmpty(path, options), pause);
  const common = { ...facts, ...(sequential ? { sequential } : coding && { coding }) };
  if (options.select !== undefined) {
    // What can be read again is read for each collection, unless all of them have their records in one pass.
    const pass = options.pass === 'apart' && !isOnce ? undefined : options.pass;
    const planned = await planDocuments(file, head, cuts, { ...options, pass }, pause);
    const isShared = sequential !== undefined && pass !== undefined && planned.documents !== undefined;
    return { ...common, ...planned, ...(isShared && { together: 'documents' }) };
  }
  const { layout, because } = await layoutIn(file, head, options, relative === '', pause);
  if (layout === 'ndjson' || layout === 'values') {
    const from = head?.offset ?? file.end;
    return { ...common, layout, because, recordLayout: layout, from, spans: cuts(from) };
  }
  if (layout === 'elements') {
    const from = (head as Head).offset;
    // The closing bracket may be there: nothing may follow it.
    return { ...common, layout, because, recordLayout: 'array', from, spans: cuts(from), isDocument: true };
  }
  const { layout: container, from } = await findContainer(file, head as Head, options, pause);
  return { ...common, layout: container, because, recordLayout: container, from, spans: cuts(from), isDocument: true };
}

function archiveOnce(path: string): GristmillError {
  const message = `${path} is an archive that can be read only once, and option collections needs it for each collection. Save the archive as a file, and import the file.`;
  return new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: path });
}

/** Whether the source may be an empty file. An empty file has no array or object, so those layouts refuse it. */
function mayBeEmpty(path: string, { allowEmpty, select, layout }: PlanOptions): boolean {
  if (select !== undefined) return allowEmpty && (documentsOf(layout) !== undefined || isNamedLines(path));
  return allowEmpty && (layout === undefined || layout === 'ndjson' || layout === 'values');
}

/** @param head undefined for a source that is empty. */
async function layoutIn(
  file: Source,
  head: Head | undefined,
  options: PlanOptions,
  isAlone: boolean,
  pause: Pause,
): Promise<FoundLayout> {
  const { layout, expectation } = options;
  if (layout !== undefined) return { layout, because: 'option' };
  const format = formatOf(file.path, options);
  if (format !== undefined) return { layout: 'ndjson', because: options.format === undefined ? 'name' : 'option' };
  if (head === undefined) return { layout: 'ndjson', because: 'content' };
  return inTurns(layoutOf(file, head, expectation, isAlone, spellingOf(options)), pause);
}

/**
 * After the container: the rest of the document must be valid too.
 * @param sequence the source, if it is read in sequence
 * @throws SOURCE_TRUNCATED, SOURCE_NOT_JSON, SOURCE_TRAILING_BYTES
 */
export async function checkRest(
  plan: SourcePlan,
  from: number,
  pause: Pause,
  how: CodingOptions & Pick<PlanOptions, 'dialect'>,
  sequence?: Source,
): Promise<void> {
  const { path, fingerprint: expected, coding, isDocument, rest } = plan;
  if (!isDocument && !rest) return;
  const file = sequence ?? (await withDecoders(() => openPlain(path, { how, coding, expected })));
  try {
    if (rest === undefined) {
      const behind = await inTurns(findUnblank(file, from, how, true), pause);
      if (behind !== undefined) throw trailingBytes(path, behind);
      return;
    }
    rest.leaveContainer();
    await inTurns(walkOver(file, rest, from), pause);
    rest.finish(file.end);
  } finally {
    file.close();
  }
}

/** Walks over what follows the container in its document, from this offset on, a piece a step. */
function* walkOver(file: Source, walker: DocumentWalker, from: number): Steps<void> {
  for (let at = from; ; ) {
    yield file.upTo(at + 1);
    if (at >= file.end) return;
    const bytes = file.bytesAt(at, at + DETECTION_BYTES);
    walker.walk(bytes, at);
    at += bytes.byteLength;
    file.discardBefore(at);
  }
}

/** Checks that no source has changed since the plan. @throws SOURCE_CHANGED */
export function checkUnchanged(plans: readonly SourcePlan[]): void {
  for (const { path, fingerprint, files, sequential } of plans) {
    // Files of a folder or a batch were read whole, each of them as it was listed. A stream has no state to compare.
    if (files === undefined && sequential?.isFile !== false) openSource(path, 'read', fingerprint).close();
  }
}

/**
 * Returns the source from its first byte that is neither a byte order mark nor white space. Undefined if there is no such
 * byte and the source may be empty. @throws SOURCE_EMPTY, SOURCE_UTF16
 */
async function firstHead(
  file: Source,
  first: Head,
  options: PlanOptions,
  isFineEmpty: boolean,
  pause: Pause,
): Promise<Head | undefined> {
  const { dialect } = options;
  if (dialect !== 'json') {
    const found = await inTurns(findUnblank(file, markBytes(first), { dialect }, true), pause);
    if (found === undefined) return noRecords(file, options, isFineEmpty);
    return await headAt(file, found, options);
  }
  // Each read costs some system calls, and there may be thousands of small sources.
  for (let at = markBytes(first); ; ) {
    const head = at === 0 ? first : await headAt(file, at, options);
    const { bytes, isAll } = head;
    const blanks = skipBlanks(bytes, 0, bytes.byteLength);
    at += blanks;
    if (blanks < bytes.byteLength) return blanks === 0 ? head : await headAt(file, at, options);
    if (isAll) return noRecords(file, options, isFineEmpty);
    // Gigabytes of blanks compress to next to nothing, and must not stay in memory. An error shows what stands before it.
    file.discardBefore(at - SNIPPET_BYTES);
    await pause();
  }
}

/** @throws SOURCE_EMPTY */
function noRecords(file: Source, options: PlanOptions, isFineEmpty: boolean): undefined {
  if (isFineEmpty) return undefined;
  const isConverted = formatOf(file.path, options) !== undefined;
  const what = isConverted ? 'has no records' : file.end === 0 ? 'is empty' : 'has only white space';
  throw new GristmillError('SOURCE_EMPTY', `${file.path} ${what}; there is nothing to import.`, { file: file.path });
}

async function headAt(file: Source, offset: number, { limit }: Pick<PlanOptions, 'limit'>): Promise<Head> {
  const coming = file.upTo(offset + DETECTION_BYTES);
  if (coming !== undefined) {
    await coming.catch((error) => {
      // The records that are wanted may stand before the fault.
      if (limit === undefined || file.available <= offset) throw error;
    });
  }
  const bytes = file.bytesAt(offset, offset + DETECTION_BYTES);
  return { path: file.path, offset, bytes, isAll: offset + bytes.byteLength === file.end };
}
