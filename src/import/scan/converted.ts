// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Bad records of sources that are converted to JSON: offsets and lines of the converted text mean nothing to the user, whose
// file has other bytes. The ordinal of a record is the same in both. Where the converter found the record bad, it has left a
// mark with its place and its bytes (format/bad-mark.ts).

import { markedRecord } from '../format/bad-mark.js';
import { formatOf } from '../format/coding.js';
import type { SpanFailure, SpanTask } from '../tasks/span.js';

/** Whether a bad record is of a source that is converted. */
export function isConverted({ file }: SpanFailure, { path, setup }: Pick<SpanTask, 'path' | 'setup'>): boolean {
  return formatOf(file?.path ?? path, setup.coding) !== undefined;
}

/** The failure and the bytes of a bad record as the user's file has them. @param text as the scan met it */
export function inUsersFile(bad: SpanFailure, text: Uint8Array): [SpanFailure, () => Uint8Array] {
  const marked = markedRecord(text);
  if (marked === undefined) return [{ ...bad, converted: {} }, () => text];
  const { reason, why, offset, line, raw } = marked;
  const converted = { offset, why, ...(line !== undefined && { line }) };
  return [{ ...bad, reason, converted }, () => raw];
}
