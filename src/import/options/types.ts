// What an import is asked to do, what it tells while it runs, and what it reports. The command line's flags are these.

import type { ImportProgress, Shape } from '../../base/import-report.js';
import type { Writer } from '../../options/shared.js';

/** Options of `store.import`; all optional. Unknown names are a TypeError. */
export interface ImportOptions {
  /** Collection to import into. Default "records". */
  readonly collection?: string | undefined;
  /** Path of the primary key (`id`, `user.id`, `/a~1b`). Default: the member name (shape object), the path in a folder, else the ordinal. */
  readonly key?: string | undefined;
  /** Paths of secondary indexes. Default none. */
  readonly indexes?: readonly string[] | undefined;
  /** JSON Pointer to the array or object inside the document whose elements or members are the records. */
  readonly select?: string | undefined;
  /**
   * Layout of the source. Default: values on lines for a name in `.ndjson` or `.jsonl`, the layout of the collection it is
   * merged into, else an array is an array of records and anything else is a record, or several one after another.
   * An object of records has to be named: `object`.
   */
  readonly shape?: Shape | undefined;
  /**
   * Whether the import may leave a collection that has records without any. Default false: it fails with SOURCE_EMPTY.
   * With true a source may be an empty file, or a folder without files.
   */
  readonly allowEmpty?: boolean | undefined;
  /** `replace` the collection, `upsert` into it, or `insert` records whose keys are not there yet. Default "replace". */
  readonly mode?: 'replace' | 'upsert' | 'insert' | undefined;
  /**
   * Which of two records with one key stays, in source order; `error` fails. Default "last", for mode insert "error".
   */
  readonly onDuplicate?: 'last' | 'first' | 'error' | undefined;
  /** What a record that is not valid leads to. Default "fail". */
  readonly onBadRecord?: 'fail' | 'skip' | 'quarantine' | undefined;
  /**
   * With skip or quarantine: the import fails at the bad record after so many. Default: 1,000,000 with quarantine, no limit with
   * skip; but not all may be bad.
   */
  readonly maxBad?: number | undefined;
  /** With skip or quarantine: the import fails when more than this share (0…1) of all records was bad. Default: no limit. */
  readonly maxBadRatio?: number | undefined;
  /** Worker threads; none for a store in memory. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** zstd level, −7…19. Default 1. */
  readonly level?: number | undefined;
  /** How source bytes are read. Default "read". */
  readonly access?: 'mmap' | 'read' | undefined;
  /** Bytes of source per span, hence per shard. Default: about a 32nd of the source, but 4 to 64 MiB. */
  readonly spanBytes?: number | undefined;
  /** Bytes of source in a worker's memory at once; grows for a record that is larger. Default 512 KiB, at most 64 MiB. */
  readonly windowBytes?: number | undefined;
  /** Largest record accepted, in bytes. Default 256 MiB, at most just below 512 MiB. */
  readonly recordBytesMax?: number | undefined;
  /** Deepest nesting accepted. Default 1,024. */
  readonly depthMax?: number | undefined;
  /** Whether to wait while something else writes to the store; if not, the import fails with STORE_BUSY. Default true. */
  readonly wait?: boolean | undefined;
  /**
   * What to do where an import of the same sources with the same options was killed: `auto` goes on behind its finished
   * spans, `require` fails (NOTHING_TO_RESUME) where that cannot be, `never` starts afresh and removes what it left.
   * Imports of less than 1 GiB always start afresh. Default "auto".
   */
  readonly resume?: 'auto' | 'require' | 'never' | undefined;
  /** Called when there is something to wait for. */
  readonly onWait?: ((writer: Writer) => void) | undefined;
  /**
   * Called about ten times a second, and at the beginning of each stage. A throw cancels the import, which then rejects
   * with what was thrown; in stage "done" it is too late for that.
   */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Cancels: the import rejects with CANCELLED within a second and leaves the store as it was. */
  readonly signal?: AbortSignal | undefined;
}
