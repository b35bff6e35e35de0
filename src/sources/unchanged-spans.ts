// source > [compare] > import > vanish > publish
//
// Of a file of lines that has changed somewhere: the spans that are the same bytes at the same place, which keep their
// records, and the gaps between them, which are imported. A gap begins and ends at the beginning of a line.

import { join } from 'node:path';
import type { SourcePlan } from '../import/plan/source-plan.js';
import { hashOf } from '../import/scan/span-hash.js';
import { openSource } from '../import/source/open.js';
import type { Source } from '../import/source/source.js';
import type { Pause } from '../parallel/pause.js';
import type { SourceSpan } from '../store/source-types.js';
import type { ChangedFile } from './compare.js';
import { planOfLines } from './line-plans.js';
import type { RecordRange } from './manifest.js';

const NEWLINE = '\n'.charCodeAt(0);

/** What stays of a changed file, and what has to be read. */
export interface KeptSpans {
  readonly spans: readonly SourceSpan[];
  readonly ranges: readonly RecordRange[];
  /** Where the first span began. */
  readonly start: number;
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** Bytes that were read to find out. */
  readonly hashed: number;
}

/** Undefined where no span is what it was. @throws SOURCE_CHANGED, IO_ERROR; CANCELLED */
export async function keptSpans(root: string, changed: ChangedFile, pause: Pause): Promise<KeptSpans | undefined> {
  const { before, path, fingerprint } = changed;
  const noted = before?.lines?.spans;
  if (before === undefined || noted === undefined) return undefined;
  const file = openSource(join(root, path), 'read', fingerprint);
  try {
    const spans: SourceSpan[] = [];
    let hashed = 0;
    for (const span of noted) {
      const [from, to, hash] = span;
      if (to > fingerprint.bytes || !isAtLine(file, noted[0]![0], from) || !isAtLine(file, -1, to)) continue;
      hashed += to - from;
      if ((await hashPausing(file, from, to, pause)) === hash) spans.push(span);
    }
    if (spans.length === 0) return undefined;
    const shards = new Set(spans.map(([, , , , shard]) => shard));
    const ranges = before.ranges.filter(({ shard }) => shards.has(shard));
    const start = noted[0]![0];
    return { spans, ranges, start, gaps: gapsBetween(spans, start, fingerprint.bytes), hashed };
  } finally {
    file.close();
  }
}

/** Plans of what has to be read. */
export function plansOfGaps(root: string, changed: ChangedFile, { gaps }: KeptSpans, spanBytes?: number): SourcePlan[] {
  const full = join(root, changed.path);
  return gaps.map(({ from, to }) => planOfLines(full, { ...changed, from, because: 'collection' }, spanBytes, to));
}

function gapsBetween(spans: readonly SourceSpan[], start: number, end: number) {
  const gaps: { from: number; to: number }[] = [];
  let at = start;
  for (const [from, to] of spans) {
    if (from > at) gaps.push({ from: at, to: from });
    at = to;
  }
  if (end > at) gaps.push({ from: at, to: end });
  return gaps;
}

/** Whether a line begins at this offset, or the file ends there. */
function isAtLine(file: Source, first: number, offset: number): boolean {
  if (offset === first || offset === file.fingerprint.bytes) return true;
  return file.bytesAt(offset - 1, offset)[0] === NEWLINE;
}

async function hashPausing(file: Source, from: number, to: number, pause: Pause): Promise<string> {
  const steps = hashOf(file, from, to);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}
