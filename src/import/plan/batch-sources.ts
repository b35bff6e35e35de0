// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Thousands of small files as arguments are batched into spans, as those of a folder are: each would make a shard of its
// own. How each of them is read was found out before, and stays so. A few files keep a shard each.

import { SOURCES_ALONE_MAX, SPAN_FILES_MAX } from '../../base/limits.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { packFiles } from '../source/file-list.js';
import type { SpanFiles } from '../tasks/span.js';
import { type SourcePlan, type Span, spanBytesFor } from './source-plan.js';

/** The plans, with those of small files that follow one another and have the same layout made one. */
export function batchSources(
  plans: readonly SourcePlan[],
  { spanBytes, onBadFile }: Pick<FilledImportOptions, 'spanBytes' | 'onBadFile'>,
): readonly SourcePlan[] {
  const small = plans.filter(isSmall);
  // Only a file of a batch can be left out while it is read.
  const isAlways = onBadFile !== 'fail';
  if (!isAlways && small.length <= SOURCES_ALONE_MAX) return plans;
  const limit = spanBytesFor(
    small.reduce((sum, { bytes }) => sum + bytes, 0),
    spanBytes,
  );
  const batched: SourcePlan[] = [];
  let open: SourcePlan[] = [];
  const close = () => {
    const [alone] = open.length === 1 && !isAlways ? open : [];
    if (open.length > 0) batched.push(alone ?? batchOf(open, limit));
    open = [];
  };
  for (const plan of plans) {
    if (!isSmall(plan) || plan.recordLayout !== open[0]?.recordLayout) close();
    if (isSmall(plan)) open.push(plan);
    else batched.push(plan);
  }
  close();
  return batched;
}

/** Whether it is a source that is one file, all of it in one span. */
function isSmall({ spans, files, relative, bytes, fingerprint }: SourcePlan): boolean {
  return spans.length === 1 && files === undefined && relative === '' && bytes === fingerprint.bytes;
}

function batchOf(members: readonly SourcePlan[], limit: number): SourcePlan {
  const spans: Span[] = [];
  const files: SpanFiles[] = [];
  let from = 0;
  for (const group of groupsOf(members, limit)) {
    files.push({
      list: packFiles(group.map(({ path, fingerprint }) => ({ path, fingerprint }))),
      isNamed: false,
      sources: group.map(({ recordLayout, from: at, isDocument, documents, leftOut, coding }) => ({
        ...{ recordLayout, from: at },
        ...(coding && { coding }),
        ...(isDocument && { isDocument }),
        ...(documents && { documents }),
        ...(leftOut && { leftOut }),
      })),
    });
    // As in a folder: offsets count through all files, one more a file.
    const to = from + group.length + group.reduce((sum, { bytes }) => sum + bytes, 0);
    spans.push({ from, to });
    from = to;
  }
  const [{ path, source, relative, layout, because, recordLayout }] = members as [SourcePlan];
  const bytes = members.reduce((sum, member) => sum + member.bytes, 0);
  const fingerprint = { device: 0n, inode: 0n, bytes, modifiedNs: 0n };
  return { path, source, relative, layout, because, recordLayout, fingerprint, bytes, from: 0, spans, files, members };
}

function* groupsOf(members: readonly SourcePlan[], limit: number): Generator<SourcePlan[]> {
  let group: SourcePlan[] = [];
  let bytes = 0;
  for (const member of members) {
    if (group.length > 0 && (group.length === SPAN_FILES_MAX || bytes + member.bytes > limit)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(member);
    bytes += member.bytes;
  }
  yield group;
}
