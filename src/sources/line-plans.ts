// source > compare > [import] > publish
//
// Plans of a part of a file of lines: what a file has grown by, what lies between spans that stay, new lines of a log.

import type { LayoutReason } from '../base/import-report.js';
import { cut, type SourcePlan } from '../import/plan/source-plan.js';
import { type ListedFile, packFiles } from '../import/source/file-list.js';

/** Lines of a file of a source. */
interface LinesPart extends ListedFile {
  /** The number of the source, and its path, which `path` is relative to. */
  readonly source: number;
  readonly root: string;
  /** Offset of the first line. */
  readonly from: number;
  readonly because: LayoutReason;
}

/** The plan of lines that have a key, or are counted. @param full the path of the file @param to where they end: by default the file */
export function planOfLines(
  full: string,
  { source, path, fingerprint, from, because }: Omit<LinesPart, 'root'>,
  spanBytes: number | undefined,
  to = fingerprint.bytes,
): SourcePlan {
  return {
    ...{ path: full, fingerprint, bytes: to - from, layout: 'ndjson', because, recordLayout: 'ndjson' },
    ...{ from, spans: cut(from, to, spanBytes), source, relative: path },
    ...(to < fingerprint.bytes && { endsEarly: true }),
  };
}

/** The plan of lines that are named by their file. @param read how many records of the file came before: names go on from there */
export function planOfNamedLines(
  { source, root, path, fingerprint, from, because }: LinesPart,
  read: number,
): SourcePlan {
  const bytes = fingerprint.bytes - from;
  const files = {
    list: packFiles([{ path, fingerprint }]),
    isNamed: true,
    layout: 'ndjson',
    grown: { from, read },
  } as const;
  return {
    ...{
      path: root,
      fingerprint,
      bytes,
      because,
      layout: 'folder',
      recordLayout: 'object',
      from: 0,
      source,
      relative: '',
    },
    ...{ spans: [{ from: 0, to: bytes + 1 }], files: [files] },
  };
}
