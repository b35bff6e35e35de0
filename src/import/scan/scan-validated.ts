// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// A span whose records are to be valid against a schema. Most sources are clean, and most of what a schema says is about one path
// alone: then the profile of the records proves that all are valid, and none of them is parsed. If it does not, the span is
// scanned once more, and each record is checked.

import { SharedProgress } from '../../parallel/shared-progress.js';
import { isProvable } from '../../profile/proof.js';
import type { Blobs } from '../../store/files/blobs.js';
import { rulesIn } from '../rules/rules.js';
import { type SpanOrder, type SpanResult, spanPaths } from '../tasks/span.js';
import { scanSpan } from './scan-span.js';

/** @throws as `scanSpan` */
export function scanValidated(order: SpanOrder, blobs: Blobs): SpanResult {
  const unchecked = withoutCheck(order);
  if (unchecked === undefined) return scanSpan(order, blobs);
  const { isValid, ...result } = scanSpan(unchecked, blobs);
  if (isValid || result.ranOut) return result;
  const { context, shard } = order;
  for (const path of Object.values(spanPaths(context, shard))) blobs.remove(path);
  new SharedProgress(context.shared).add(-result.progressBytes, -result.read);
  return scanSpan(order, blobs);
}

/** The same span, scanned as if there were no schema. Undefined: there is none, or no profile would prove anything. */
function withoutCheck(order: SpanOrder): SpanOrder | undefined {
  const { setup } = order;
  const { rules, scan } = setup;
  if (rules?.validate === undefined || !isProvable(JSON.parse(rules.validate))) return undefined;
  const { validate: proves, ...others } = rules;
  const left = rulesIn(others);
  const { asks: _, ...asked } = scan;
  const { rules: __, ...rest } = setup;
  return { ...order, setup: { ...rest, proves, ...(left && { rules: left }), scan: left ? scan : asked } };
}
