// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// What the plan of a source is: what is known of the source before anything is read in earnest, and the spans into which it is
// cut.

import type { Layout, LayoutReason } from '../../base/import-report.js';
import { SPAN_BYTES_MAX, SPAN_BYTES_MIN, SPANS_PER_SOURCE } from '../../base/limits.js';
import type { RecordLayout } from '../../kernel/contract.js';
import type { EntryNames } from '../archive/entry-names.js';
import type { Coding } from '../format/coding.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SequenceOptions, Sequential } from '../sequence/open.js';
import type { Container, DocumentWalker } from '../source/document.js';
import type { Expectation } from '../source/layout.js';
import type { Fingerprint } from '../source/source.js';
import type { Documents, LeftOut, SpanFiles } from '../tasks/span.js';

/** One source, looked at. */
export interface SourcePlan {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly layout: Layout | 'folder';
  /** Why it is read so. */
  readonly because: LayoutReason;
  readonly recordLayout: RecordLayout;
  /** Where the records begin: after a byte order mark, or after the container's opening bracket. */
  readonly from: number;
  readonly spans: readonly Span[];
  /** Bytes of the source, or of the part of it that is imported. Infinity for a stream that has not ended. */
  readonly bytes: number;
  /** Whether the records are in a container that is all of the source. */
  readonly isDocument?: true;
  /** Checks the rest of a document after the container that is cut into spans, if the document is more than that. */
  readonly rest?: DocumentWalker;
  /** Of a folder or a batch: the files of each span. Offsets count through all of them then, one more a file. */
  readonly files?: readonly SpanFiles[];
  /** Of a batch of sources: the plan of each of them, in order. */
  readonly members?: readonly SourcePlan[];
  /** Set for a large file of a folder. */
  readonly isInFolder?: true;
  /** Number of the source it is of; and where in it, if that is a folder (empty: the source itself, or many files). */
  readonly source: number;
  readonly relative: string;
  /** Of a file whose documents have their records inside; absent if the container of one document is cut into spans. */
  readonly documents?: Documents;
  /**
   * Set if several collections have their records in this source, and it is read once for all of them. "container": it is one
   * document, and the containers in it are found while it is read. "documents": it is read in sequence, and each span is
   * scanned for each collection.
   */
  readonly together?: 'container' | 'documents';
  /** Set while its container has not been found: layout and spans are unknown. */
  readonly isUnknown?: true;
  /** Set if the source has no records, and is left out for that. */
  readonly leftOut?: LeftOut;
  /** Set if it is read in sequence. Its spans are found while it is read, so it has none here. */
  readonly sequential?: Sequential;
  /** Set if it is compressed or converted, but so small that it is read by position. */
  readonly coding?: Coding;
  /** Of an archive: which of its entries are taken. */
  readonly archive?: EntryNames;
  /** Of a part of an archive: the plan of all of it. */
  readonly within?: SourcePlan;
  /** For a part of a file: set if the file continues after this part. */
  readonly endsEarly?: boolean;
}

/** A byte range of a source, for one worker; it holds the records whose boundary lies in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The spans of a source whose records begin at this offset. */
export type Cuts = (from: number) => readonly Span[];

export interface PlanOptions
  extends SequenceOptions,
    Pick<
      FilledImportOptions,
      'select' | 'layout' | 'depthMax' | 'allowEmpty' | 'types' | 'dialect' | 'nonfinite' | 'onTruncated'
    >,
    Pick<FilledImportOptions, 'key' | 'include' | 'exclude'> {
  /** Set if several collections have their records in this source (see FilledImportOptions). */
  readonly pass?: FilledImportOptions['pass'] | undefined;
  /** The layout that the collection expects of the source. */
  readonly expectation?: Expectation | undefined;
  /** With `select`, what its documents must have there. Absent: what option `layout` says, or the first document has. */
  readonly container?: Container['layout'];
  /** Whether a source of the import has cells, which option `types` is for. */
  readonly hasCells?: boolean;
  /** Which entries of an archive are meant, if its source says that. */
  readonly glob?: string | undefined;
}

/** Layout of a folder, and of an archive, which is read as one: each file is read by what it is. */
export function folderLayout({ layout, select, key }: Pick<PlanOptions, 'layout' | 'select' | 'key'>) {
  const isNamed = key === undefined || layout === 'object';
  return {
    layout: 'folder',
    because: layout === undefined && select === undefined ? 'content' : 'option',
    recordLayout: isNamed ? 'object' : 'values',
  } as const satisfies Partial<SourcePlan>;
}

/** The layout that the report and the catalog have of an import: that of its first source, whatever its first file is. */
export function layoutOf(
  [first]: readonly SourcePlan[],
  options: PlanOptions,
): Pick<SourcePlan, 'layout' | 'recordLayout'> {
  return first!.isInFolder ? folderLayout(options) : first!;
}

/** How many times a file is smaller when it is compressed, about. */
export const COMPRESSION = 8;

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
