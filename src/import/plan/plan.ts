// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Looks at every source before anything is read in earnest: is it there, is it JSON, where do its records begin, how are
// they laid out, into which spans is it cut. Spans have a size that depends on the source alone, so the shards are the
// same bytes whatever the number of workers.

import { GristmillError } from '../../base/errors.js';
import type { LayoutReason, Shape } from '../../base/import-report.js';
import { DETECTION_BYTES, SPAN_BYTES_MAX, SPAN_BYTES_MIN, SPANS_PER_SOURCE } from '../../base/limits.js';
import type { FramingName } from '../../kernel/contract.js';
import { skipBlanks } from '../../kernel/plain/bytes.js';
import { parsePointer } from '../../keys/paths.js';
import type { Pause } from '../../parallel/pause.js';
import { inTurns } from '../../parallel/steps.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { type Head, markBytes } from '../source/detect.js';
import { type Container, DocumentWalker, walkOver } from '../source/document.js';
import { type Expectation, type Layout, layoutOf } from '../source/layout.js';
import { openSource } from '../source/open.js';
import type { Fingerprint, Source } from '../source/source.js';
import type { SpanFiles } from '../tasks/span.js';

/** One source, looked at. */
export interface SourcePlan {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly shape: Shape | 'folder';
  /** Why it is read so. */
  readonly because: LayoutReason;
  readonly framing: FramingName;
  /** Where the records begin: after a byte order mark, or after the container's opening bracket. */
  readonly from: number;
  readonly spans: readonly Span[];
  /** Bytes of the source, or of the part of it that is imported. */
  readonly bytes: number;
  /** Checks the rest of the document after the container. Absent if the records fill the source to its end. */
  readonly rest?: DocumentWalker;
  /** Of a folder or a batch: the files of each span. Offsets count through all of them then, one more a file. */
  readonly files?: readonly SpanFiles[];
  /** Of a batch of sources: the plan of each of them, in order. */
  readonly members?: readonly SourcePlan[];
  /** Where the document that holds the container begins. Absent if the records fill the source to its end. */
  readonly document?: number;
  /** Number of the source it is of; and where in it, if that is a folder (empty: the source itself, or many files). */
  readonly source: number;
  readonly relative: string;
  /** Set if the source is empty, and left out for that: the sentence that says so. */
  readonly isEmpty?: string;
  /** For a part of a file: set if the file continues after this part. */
  readonly endsEarly?: boolean;
}

/** A byte range of a source, for one worker; it holds the records whose boundary lies in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface PlanOptions
  extends Pick<FilledImportOptions, 'select' | 'shape' | 'spanBytes' | 'depthMax' | 'allowEmpty'> {
  /** The layout that the collection expects of the source. */
  readonly expectation?: Expectation | undefined;
}

const FRAMINGS: Readonly<Record<Shape, FramingName>> = {
  ndjson: 'lines',
  values: 'values',
  array: 'array',
  object: 'object',
};

/** @throws SOURCE_… and SELECT_… errors; CANCELLED */
export async function planSource(
  path: string,
  options: PlanOptions,
  pause: Pause,
  source = 0,
  relative = '',
  expected?: Fingerprint,
): Promise<SourcePlan> {
  const file = openSource(path, 'read', expected);
  try {
    const { fingerprint } = file;
    const { bytes } = fingerprint;
    const head = await firstHead(file, mayBeEmpty(options), pause);
    const { shape, because } = await layoutIn(file, head, options, relative === '', pause);
    if (shape === 'ndjson' || shape === 'values') {
      const from = head?.offset ?? bytes;
      const spans = cut(from, bytes, options.spanBytes);
      return { path, fingerprint, shape, because, framing: FRAMINGS[shape], from, spans, bytes, source, relative };
    }
    const rest = new DocumentWalker(parsePointer(options.select ?? ''), path, options.depthMax);
    const { framing, from } = await findContainer(file, rest, head?.offset ?? 0, pause);
    if (options.shape && options.shape !== framing) {
      const message = `${path} has an ${framing} at byte ${from - 1}, not an ${options.shape}. Leave out option shape, and gristmill detects the layout.`;
      throw new GristmillError('SELECT_NOT_CONTAINER', message, { file: path, offset: from - 1 });
    }
    return {
      path,
      fingerprint,
      shape: framing,
      because,
      framing,
      from,
      spans: cut(from, fingerprint.bytes, options.spanBytes),
      bytes,
      rest,
      document: head?.offset ?? 0,
      source,
      relative,
    };
  } finally {
    file.close();
  }
}

/** Whether the source may be an empty file. An empty file has no array or object, so those layouts refuse it. */
function mayBeEmpty({ allowEmpty, select, shape }: PlanOptions): boolean {
  return allowEmpty && select === undefined && shape !== 'array' && shape !== 'object';
}

/** @param head undefined for a source that is empty. @returns no shape where `select` has to say it. */
async function layoutIn(
  file: Source,
  head: Head | undefined,
  { select, shape, expectation }: PlanOptions,
  isAlone: boolean,
  pause: Pause,
): Promise<Partial<Pick<Layout, 'shape'>> & Pick<Layout, 'because'>> {
  if (select !== undefined) return { because: 'option' };
  if (shape !== undefined) return { shape, because: 'option' };
  if (head === undefined) return { shape: 'ndjson', because: 'content' };
  return inTurns(layoutOf(file, head, expectation, isAlone), pause);
}

/** After the container: the rest of the document must be valid too. @throws SOURCE_TRUNCATED, SOURCE_NOT_JSON, SOURCE_TRAILING_BYTES */
export async function checkRest(plan: SourcePlan, from: number, pause: Pause): Promise<void> {
  if (!plan.rest) return;
  const file = openSource(plan.path, 'read', plan.fingerprint);
  try {
    plan.rest.leaveContainer();
    await inTurns(walkOver(file, plan.rest, from), pause);
    plan.rest.finish(plan.fingerprint.bytes);
  } finally {
    file.close();
  }
}

/** Checks that no source has changed since the plan. @throws SOURCE_CHANGED */
export function checkUnchanged(plans: readonly SourcePlan[]): void {
  for (const { path, fingerprint, files } of plans) {
    // Files of a folder or a batch were read whole, each of them as it was listed.
    if (files === undefined) openSource(path, 'read', fingerprint).close();
  }
}

/**
 * Returns the source from its first byte that is neither a byte order mark nor white space. Undefined if there is no such
 * byte and the source may be empty. @throws SOURCE_EMPTY, SOURCE_UTF16
 */
async function firstHead(file: Source, isFineEmpty: boolean, pause: Pause): Promise<Head | undefined> {
  // Each read costs some system calls, and there may be thousands of small sources.
  const first = headAt(file, 0);
  for (let at = markBytes(first); ; ) {
    const head = at === 0 ? first : headAt(file, at);
    const { bytes, isAll } = head;
    const blanks = skipBlanks(bytes, 0, bytes.byteLength);
    at += blanks;
    if (blanks < bytes.byteLength) return blanks === 0 ? head : headAt(file, at);
    if (isAll && isFineEmpty) return undefined;
    if (isAll) {
      const what = file.fingerprint.bytes === 0 ? 'is empty' : 'has only white space';
      throw new GristmillError('SOURCE_EMPTY', `${file.path} ${what}; there is nothing to import.`, {
        file: file.path,
      });
    }
    await pause();
  }
}

function headAt(file: Source, offset: number): Head {
  const bytes = file.bytesAt(offset, offset + DETECTION_BYTES);
  return { path: file.path, offset, bytes, isAll: offset + bytes.byteLength === file.fingerprint.bytes };
}

async function findContainer(file: Source, walker: DocumentWalker, from: number, pause: Pause): Promise<Container> {
  const container = await inTurns(walkOver(file, walker, from), pause);
  if (container) return container;
  walker.finish(file.fingerprint.bytes);
  throw new Error('a document that ended without its container was accepted: a bug in gristmill');
}

export function spanBytesFor(bytes: number, given?: number): number {
  const share = 2 ** Math.round(Math.log2(Math.max(1, bytes) / SPANS_PER_SOURCE));
  return given ?? Math.min(SPAN_BYTES_MAX, Math.max(SPAN_BYTES_MIN, share));
}

/**
 * Cuts the source into spans of equal size: the given size, else the power of two nearest to 1/32 of the source, within
 * limits. The last span also takes the rest, if the rest is less than half a span.
 */
export function cut(from: number, to: number, given?: number): Span[] {
  const spanBytes = spanBytesFor(to - from, given);
  const count = Math.max(1, Math.round((to - from) / spanBytes));
  return Array.from({ length: count }, (_, i) => {
    const start = from + i * spanBytes;
    return { from: start, to: i === count - 1 ? to : start + spanBytes };
  });
}
