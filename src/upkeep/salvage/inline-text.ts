// [repair, index]: [shards] > entries > pages
//
// Lines of an inline shard as a file, for a worker: workers never open the index.

import { READ_WINDOW_BYTES } from '../../base/limits.js';
import type { Blobs } from '../../store/files/blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import type { InlineRecord } from '../../store/types.js';
import type { EntryScan } from './entries.js';

const NEWLINE = Buffer.from('\n');

/** Writes the lines; about a megabyte of them is in memory. @returns their ordinals */
export function writeLines(blobs: Blobs, path: string, inline: Iterable<InlineRecord>): Uint32Array {
  const ordinals: number[] = [];
  const text = blobs.create(path, 'text');
  let pending: Uint8Array[] = [];
  let bytes = 0;
  const flush = (): void => {
    text.append(Buffer.concat(pending));
    pending = [];
    bytes = 0;
  };
  try {
    for (const { ordinal, line } of inline) {
      ordinals.push(ordinal);
      pending.push(line, NEWLINE);
      bytes += line.byteLength;
      if (bytes >= READ_WINDOW_BYTES) flush();
    }
    flush();
  } finally {
    text.close();
  }
  return Uint32Array.from(ordinals);
}

/** Gives lines that were written so to a scan, in a worker. @param ordinals those that `writeLines` returned */
export function readLines(blobs: Blobs, path: string, ordinals: Uint32Array, entries: EntryScan): void {
  for (const ordinal of ordinals) entries.expect(ordinal, 1);
  const file = blobs.open(path, 'text');
  try {
    const window = new FileWindow(file);
    for (let at = 0; at < window.size; at += READ_WINDOW_BYTES) entries.add(window.at(at, READ_WINDOW_BYTES));
  } finally {
    file.close();
  }
}
