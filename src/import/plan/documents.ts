// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Plans a file whose documents have their records inside (option `select`). Its name or option `layout` says that it has
// several documents: then it is cut like any other file, and a document is of the span that it begins in. Otherwise it has
// one. If that is large, its container is cut into spans, as an array would be. Whether another document follows it is only
// looked for in the first megabytes; the worker of a small file finds that out when it is there.

import { type ErrorCode, GristmillError } from '../../base/errors.js';
import type { Layout, LayoutReason } from '../../base/import-report.js';
import { DETECTION_BYTES, DOCUMENT_BYTES_LOOKED_AT } from '../../base/limits.js';
import { endOfBadValue } from '../../kernel/plain/resync.js';
import { STRICT } from '../../kernel/plain/syntax.js';
import { isOnePlace, parsePointer } from '../../keys/paths.js';
import type { Pause } from '../../parallel/pause.js';
import { inTurns, type Steps } from '../../parallel/steps.js';
import type { Head } from '../source/detect.js';
import { type Container, DocumentWalker } from '../source/document.js';
import { findUnblank } from '../source/first-value.js';
import { type DocumentLayout, documentsBefore, documentsOf, documentsOfName } from '../source/layout.js';
import type { Source } from '../source/source.js';
import { COMPRESSION, type Cuts, cut, type PlanOptions, type SourcePlan } from './source-plan.js';

type Planned = Pick<
  SourcePlan,
  'recordLayout' | 'from' | 'spans' | 'documents' | 'isDocument' | 'rest' | 'together' | 'isUnknown'
> &
  Record<'layout', Layout> &
  Record<'because', LayoutReason>;

/** Errors of a first document that are those of a bad record if another document follows. */
const OF_ONE_DOCUMENT: ReadonlySet<ErrorCode> = new Set(['SELECT_NOT_FOUND', 'SELECT_NOT_CONTAINER']);

/**
 * @param head undefined for a file of lines that is empty
 * @throws SOURCE_NOT_JSON, SOURCE_TRUNCATED, SELECT_NOT_FOUND, SELECT_NOT_CONTAINER
 */
export async function planDocuments(
  file: Source,
  head: Head | undefined,
  cuts: Cuts,
  options: PlanOptions,
  pause: Pause,
): Promise<Planned> {
  const given = documentsOf(options.layout);
  const layout = given ?? documentsOfName(file);
  if (head === undefined || layout !== undefined) {
    return planStream(file, head, cuts, layout ?? 'ndjson', given ? 'option' : 'name', options);
  }
  // What is read in sequence is gone when the container has been found.
  const isLive = file.end === Number.POSITIVE_INFINITY;
  const follows = isLive ? await inTurns(layoutAfterFirst(file, head.offset), pause) : undefined;
  if (follows !== undefined) return planStream(file, head, cuts, follows, 'content', options);
  const isWildcard = !isOnePlace(parsePointer(options.select ?? ''));
  if ((isWildcard || options.pass === 'apart') && cuts(head.offset).length === 0)
    return planShort(file, head, cuts, options);
  if (options.pass === 'together') return planTogether(file, head, cuts, options, pause);
  const found = await findContainer(file, head, options, pause).catch((error: unknown) => {
    if (error instanceof GristmillError && OF_ONE_DOCUMENT.has(error.code)) return error;
    throw error;
  });
  const planned = found instanceof Error ? undefined : planContainer(head, found, cuts);
  if (planned?.documents !== undefined) return planned;
  const following = isLive ? undefined : await inTurns(layoutAfterFirst(file, head.offset), pause);
  if (following !== undefined) return planStream(file, head, cuts, following, 'content', options);
  if (planned === undefined) throw found;
  return planned;
}

/**
 * A small document is read as a whole, with what follows it; the container of a large one is cut into spans. Where a document
 * may have several containers, one worker reads them all: nobody knows where they are before somebody has walked there.
 */
function planContainer(head: Head, { layout, from, walker }: Found, cuts: Cuts): Planned {
  const common = { layout, because: 'option', recordLayout: layout } as const;
  const { offset } = head;
  if (walker.isWildcard) {
    const { to } = cuts(offset).at(-1)!;
    return { ...common, from: offset, spans: [{ from: offset, to }], documents: { from: offset } };
  }
  const spans = cuts(from);
  const found = { ...common, from, spans };
  return spans.length === 1 ? { ...found, documents: { from: head.offset } } : { ...found, rest: walker };
}

/** A document in which several collections have their records. What is bad in one of them is nothing to the others. */
async function planTogether(
  file: Source,
  head: Head,
  cuts: Cuts,
  options: PlanOptions,
  pause: Pause,
): Promise<Planned> {
  const isLive = file.end === Number.POSITIVE_INFINITY;
  const following = isLive ? undefined : await inTurns(layoutAfterFirst(file, head.offset), pause);
  if (following !== undefined) return planStream(file, head, cuts, following, 'content', options);
  return {
    layout: 'array',
    because: 'option',
    recordLayout: 'array',
    from: head.offset,
    spans: [],
    together: 'container',
    isUnknown: true,
  };
}

/** The plan of such a document when the container of a collection has been met. */
export function withContainer(
  { isUnknown: _, ...plan }: SourcePlan,
  { layout, from }: Container,
  spanBytes: number | undefined,
): SourcePlan {
  const { bytes } = plan.fingerprint;
  // As in planOpened: each span of a compressed file would decode all of it, and this is for the progress.
  const whole = plan.coding && [{ from, to: Math.max(from + 1, COMPRESSION * bytes) }];
  const spans = plan.sequential ? [] : (whole ?? cut(from, bytes, spanBytes));
  return { ...plan, layout, recordLayout: layout, from, spans };
}

/** A document of a source that is read in sequence, with several containers: it has to fit into memory. */
function planShort(file: Source, head: Head, cuts: Cuts, options: PlanOptions): Planned {
  if (file.end - head.offset <= DOCUMENT_BYTES_LOOKED_AT) {
    return planStream(file, head, cuts, 'values', 'option', options);
  }
  const message = `${file.path} is read in sequence, and its first document is longer than ${DOCUMENT_BYTES_LOOKED_AT} bytes: option select: '${options.select}' needs a file for that. Save the document as a file, and import the file.`;
  throw new GristmillError('SOURCE_NOT_SUPPORTED', message, { file: file.path });
}

/** The container of the records, and the walker that has found it. */
interface Found extends Omit<Container, 'place'> {
  readonly walker: DocumentWalker;
}

/** Finds the container of a document that is an array or object, or has one inside. @throws as `planDocuments` */
export async function findContainer(file: Source, head: Head, options: PlanOptions, pause: Pause): Promise<Found> {
  const { path } = file;
  const expected = options.container ?? containerIn(options.layout);
  const walker = walkerOf(file, options);
  const walked = await inTurns(walkOverOne(file, walker, head.offset, head.bytes), pause);
  if (typeof walked !== 'object') {
    walker.finish(walked);
    // What a wildcard stands for may have no containers, or others.
    if (walker.isWildcard) return { layout: expected ?? 'array', from: head.offset, walker };
    throw new Error('a document that ended without its container was accepted: a bug in gristmill');
  }
  checkExpected(path, walked, expected);
  const { layout, from } = walked;
  return { layout, from, walker };
}

/** @throws SELECT_NOT_CONTAINER for a container that is not as option layout says */
export function checkExpected(
  path: string,
  { layout, from }: Omit<Container, 'place'>,
  expected: Container['layout'] | undefined,
): void {
  if (expected === undefined || expected === layout) return;
  const message = `${path} has an ${layout} at byte ${from - 1}, not an ${expected}. Leave out option layout, and gristmill detects the layout.`;
  throw new GristmillError('SELECT_NOT_CONTAINER', message, { file: path, offset: from - 1 });
}

function planStream(
  file: Source,
  head: Head | undefined,
  cuts: Cuts,
  layout: DocumentLayout,
  because: LayoutReason,
  options: PlanOptions,
): Planned {
  const from = head?.offset ?? file.end;
  return {
    ...{ layout, because, recordLayout: recordLayoutOfFirst(file, head, options) },
    ...{ from, spans: cuts(from), documents: { from, layout } },
  };
}

/** The layout of the records is that of the first document, as far as the head shows it. Each document is checked when it is read. */
function recordLayoutOfFirst(file: Source, head: Head | undefined, options: PlanOptions): Container['layout'] {
  const expected = options.container ?? containerIn(options.layout);
  if (expected !== undefined) return expected;
  try {
    const walked = head && walkerOf(file, options).walkOne(head.bytes, head.offset);
    return typeof walked === 'object' ? walked.layout : 'array';
  } catch (error) {
    if (error instanceof GristmillError) return 'array'; // a bad record: for the scan to say
    throw error;
  }
}

/** How the documents of a file follow one another; undefined if its first one is large, or the only one. */
function* layoutAfterFirst(file: Source, from: number): Steps<DocumentLayout | undefined> {
  yield file.upTo(from + DOCUMENT_BYTES_LOOKED_AT);
  const end = endOfBadValue(file.bytesAt(from, from + DOCUMENT_BYTES_LOOKED_AT), 0, STRICT);
  const next = end === -1 ? undefined : yield* findUnblank(file, from + end);
  return next === undefined ? undefined : documentsBefore(file, from, next);
}

function walkerOf(
  { path }: Source,
  { select = '', layout, container, depthMax, nonfinite }: PlanOptions,
): DocumentWalker {
  return new DocumentWalker([parsePointer(select)], path, depthMax, nonfinite, container ?? containerIn(layout));
}

export function containerIn(layout: Layout | undefined): Container['layout'] | undefined {
  return layout === 'array' || layout === 'object' ? layout : undefined;
}

/**
 * Walks over a document, a piece a step: to the container, or to the offset at which the document ends.
 * @param loaded bytes of the file from its beginning `from` on, which were already read
 */
function* walkOverOne(
  file: Source,
  walker: DocumentWalker,
  from: number,
  loaded: Uint8Array,
): Steps<Container | number> {
  let bytes = loaded;
  for (let at = from; ; bytes = file.bytesAt(at, at + DETECTION_BYTES)) {
    const walked = walker.walkOne(bytes, at);
    if (walked !== undefined) return walked;
    at += bytes.byteLength;
    yield file.upTo(at + 1);
    if (at >= file.end) return file.end;
    file.discardBefore(at);
  }
}
