// source > [compare] > import > vanish > publish
//
// What is noted of a file that is imported in parts: the part that was stored before, and the part that is new.

import type { SourceLines } from '../store/source-types.js';
import type { ChangedFile } from './compare.js';
import type { NotedFile } from './manifest.js';
import type { KeptSpans } from './unchanged-spans.js';

/** Two parts of a file as one; the second one knows what the file is now. */
export function joined(first: NotedFile, second: NotedFile): NotedFile {
  const spans = first.lines?.spans && second.lines?.spans && [...first.lines.spans, ...second.lines.spans];
  spans?.sort(([left], [right]) => left - right);
  return {
    ...second,
    read: first.read + second.read,
    ranges: [...first.ranges, ...second.ranges],
    ...(second.lines && { lines: { head: second.lines.head, tail: second.lines.tail, ...(spans && { spans }) } }),
  };
}

/** What stays of a file that has changed in places. */
export function keptPart(
  { source, path, fingerprint }: ChangedFile,
  { spans, ranges }: KeptSpans,
  ends: SourceLines | undefined,
): NotedFile {
  const read = spans.reduce((sum, [, , , records]) => sum + records, 0);
  return { source, path, fingerprint, read, ranges, ...(ends && { lines: { ...ends, spans } }) };
}
