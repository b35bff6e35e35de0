// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// What the lines of a journal must be, as they are in the file. It stands in the directory of the store, which somebody else
// may have made: an import is resumed only from lines that this one could have written.

import { FRAMES_PER_SHARD_MAX, RECORDS_PER_SHARD_MAX } from '../../base/limits.js';
import { entryBytes } from '../../kernel/entry.js';
import { boolean, type Check, integer, is, list, object, optional, text, U32_MAX } from '../../store/catalog/checks.js';

const count = integer();
const records = integer(RECORDS_PER_SHARD_MAX);
const record = is((value) => value !== null && typeof value === 'object' && !Array.isArray(value));

/** Numbers of a fixed number of bytes each, as base64. */
const base64 = (width: number): Check =>
  text((given) => /^[A-Za-z0-9+/]*={0,2}$/.test(given) && Buffer.from(given, 'base64').byteLength % width === 0);

const SHA256 = /^[0-9a-f]{64}$/;
const HASH = /^[0-9a-f]{1,16}$/;

const summary = object<{ [name: string]: unknown }>({
  ...{ records, holes: records, frames: integer(FRAMES_PER_SHARD_MAX), plainBytes: count, storedBytes: count },
  sha256: text((given) => SHA256.test(given)),
});

const digits = text((given) => /^-?\d{1,20}$/.test(given));

const failure: Check = (value) => record(value) ?? failureInFile(value);

/** In a span of many files, the failure names its file. */
const failureInFile = object<{ [name: string]: unknown }>({
  file: optional(
    object<{ [name: string]: unknown }>({
      path: text(),
      fingerprint: object<{ [name: string]: unknown }>({ device: digits, inode: digits, modifiedNs: digits }),
    }),
  ),
});

const badFile = object<{ [name: string]: unknown }>({ at: count, file: text(), reason: text(), message: text() });

const cutSource = object<{ [name: string]: unknown }>({ file: text(), offset: count, start: optional(count) });

const duplicate = object<{ [name: string]: unknown }>({ shard: count, ordinal: count, key: base64(1) });

const run = object<{ offset: number; chunkBytes: string; fences: string }>(
  { offset: count, chunkBytes: base64(4), fences: base64(1) },
  ({ chunkBytes, fences }) =>
    hasFences(Buffer.from(fences, 'base64'), Buffer.from(chunkBytes, 'base64').byteLength / 4) ? undefined : '.fences',
);

/** Whether these are so many entries, one after another. */
function hasFences(bytes: Buffer, fences: number): boolean {
  let at = 0;
  // Behind the last entry, or where the header of one is cut off, there is no next one.
  for (let fence = 0; fence < fences; fence++) {
    if (!(at < bytes.byteLength)) return false;
    at += entryBytes(bytes, at);
  }
  return at === bytes.byteLength;
}

const result = object<{ [name: string]: unknown }>({
  ...{ entry: integer(Number.MAX_SAFE_INTEGER, -1), exit: count, ended: boolean, read: count, rejected: count },
  ...{ firstRejected: optional(failure), losers: base64(4), goodBefore: optional(base64(4)), shard: optional(summary) },
  ...{ fileRecords: optional(base64(8)), badFiles: optional(list(badFile)) },
  ...{ runs: list(run), duplicate: optional(duplicate), failure: optional(record), progressBytes: count },
  ...{ filtered: optional(count), added: optional(count), addedAt: optional(base64(4)), ambiguous: optional(text()) },
  ...{ cut: optional(list(cutSource)), hash: optional(text((given) => HASH.test(given))) },
});

export const journalHeaderCheck = object<{ version: number; sources: string; options: string }>({
  ...{ version: integer(), sources: text(), options: text() },
});

export const journalSpanCheck = object<{ [name: string]: unknown }>({
  ...{ shard: integer(U32_MAX - 1, 1), wasRedone: boolean, quarantineBytes: count, result },
});
