// The options of an import. The flags of the command line have the same names and meanings.

import type { ImportProgress, Layout } from '../../base/import-report.js';
import type { KeyValue } from '../../keys/encode.js';
import type { KeyPath } from '../../keys/key-path.js';
import type { IndexDefinition } from '../../options/indexes.js';
import type { Writer } from '../../options/shared.js';
import type { CodecName } from '../codec/codec.js';
import type { FormatName } from '../format/coding.js';

/**
 * Decides what is stored for a record that transactions changed and an import replaces. See `ImportOptions.onChanged`.
 */
export type OnChanged = (previous: unknown, edited: unknown, incoming: unknown, key: KeyValue) => unknown;

/** The place of the records of one collection in each document, and the options for these records. */
export interface ImportedPlace
  extends Pick<
    ImportOptions,
    | ('key' | 'indexes' | 'uniqueIndexes' | 'mode' | 'onDuplicate')
    | ('where' | 'sample' | 'transform' | 'pick' | 'omit' | 'schemaVersion' | 'validate' | 'limit')
  > {
  /** As option `select`: a JSON Pointer to the array or object that contains the records. */
  readonly select: string;
  /** The layout of the records at this place. Default: detected; in a folder, "array". */
  readonly layout?: 'array' | 'object' | undefined;
}

/**
 * Options of `store.import` for an import into several collections. The options beside `collections` apply to all
 * collections. An option of a collection overrides them.
 */
export interface CollectionsImportOptions<Name extends string = string>
  extends Omit<ImportOptions, 'collection' | 'select'> {
  /**
   * The collections to import into, each with the place of its records in the documents:
   * `{ users: { select: '/users', key: 'id' }, orders: { select: '/orders', key: 'no' } }`. The sources are read once. All
   * collections are published in one transaction. No place may be inside another one. At most 64 collections.
   */
  readonly collections: Readonly<Record<Name, ImportedPlace>>;
}

/** Options of `store.import`; all optional. An unknown name is a TypeError. */
export interface ImportOptions {
  /** The collection to import into. Default "records". */
  readonly collection?: string | undefined;
  /**
   * The path of the primary key (`id`, `user.id`, `/a~1b`). A number is the position in an array: `/0` is the first element of
   * a record that is a row. For a composite key, a list of the paths of its components, 2 to
   * 16 of them: `['tenant', 'id']`. Default: the member name (layout "object"), the path of the file
   * in a folder, else the ordinal.
   */
  readonly key?: KeyPath | undefined;
  /**
   * Secondary indexes: the path of each, for a composite one a list of the paths of its components; or an object that
   * also says whether it is unique, as in `['country', { path: 'email', unique: true }]`. Indexes that `createIndex`
   * has made stay, also if they are not named here. Default: none; with mode "upsert" or "insert", those of the
   * collection.
   */
  readonly indexes?: readonly (KeyPath | IndexDefinition)[] | undefined;
  /**
   * The paths of secondary indexes in which no two records may have the same value. Any number of records may have null
   * there, or no value. If two records have the same value, the import fails with UNIQUE_VIOLATION. `unique` in
   * `indexes` does the same. Default: none.
   */
  readonly uniqueIndexes?: readonly KeyPath[] | undefined;
  /**
   * A JSON Pointer to the array or object inside each document that contains the records. Its elements or members are the
   * records. `*` stands for every element or member: all containers that match have records. Write `~2` for a member that is
   * named `*`. A document is a file, or one of several values in a file, such as a line. In a folder it has to be an array
   * there, unless `layout` is "object". Default: the whole document.
   */
  readonly select?: string | undefined;
  /**
   * The layout of the source. Default: a file named `.ndjson` or `.jsonl` has a value on each line. Any other file has
   * the layout of the collection that it is merged into. Without such a collection, an array is an array of records,
   * and anything else is one record, or several one after another. If the records are the members of one object, give
   * "object". "elements" are the elements of an array without its brackets: records with commas between them, such as
   * lines that end with a comma.
   */
  readonly layout?: Layout | undefined;
  /**
   * Whether the import empties the collection if the sources have no records. With true, a source may also be an empty
   * file, or a folder without files. With false, the import fails with SOURCE_EMPTY if the collection has records.
   * Default false.
   */
  readonly allowEmpty?: boolean | undefined;
  /**
   * Whether the import replaces the collection ("replace"), adds and replaces records ("upsert"), or adds only records
   * whose keys are new ("insert"). Default "replace", if all records of the collection are from imports of the same
   * sources (what transactions changed in them is kept, see `changes`). If records came from anywhere else, there is no
   * default: without a mode, the import fails with MODE_NEEDED.
   */
  readonly mode?: 'replace' | 'upsert' | 'insert' | undefined;
  /**
   * What the import does with changes that transactions made since the last import to records that it replaces. "keep":
   * it applies them again. A record that was put stays, a deleted record stays deleted, and a patch is applied to the
   * new record; if there is no new record, the patched record stays. "drop": it drops the changes. "refuse": it fails
   * with COLLECTION_EDITED. Changes that are acknowledged while the import runs count too. Default "keep"; with mode
   * "upsert" or "insert", whose records are changes themselves, "drop".
   */
  readonly changes?: 'refuse' | 'keep' | 'drop' | undefined;
  /**
   * With `changes` "keep": called for each record that transactions changed and the import replaces, within the
   * publishing transaction. It returns what is stored; undefined: nothing. It must not be async, and must not begin a
   * transaction. `previous` is the record of the last import (undefined if it had none, or if compaction has removed
   * it). `edited` is the record after the changes (undefined if it was deleted). `incoming` is the record of this
   * import (undefined if it has none).
   */
  readonly onChanged?: OnChanged | undefined;
  /**
   * Which of two records with the same key the import keeps, in source order. "error" fails the import with DUPLICATE_KEY.
   * Default "last"; with mode "insert", default "error".
   */
  readonly onDuplicate?: 'last' | 'first' | 'error' | undefined;
  /**
   * What the import does with a bad record: it fails ("fail"), skips the record ("skip"), or writes the record to a
   * quarantine file in the store ("quarantine"). Default "fail".
   */
  readonly onBadRecord?: 'fail' | 'skip' | 'quarantine' | undefined;
  /**
   * What the import does with a file that vanishes, cannot be read, is empty, or is one document that has nothing at
   * `select`, in a folder or as a source: it fails ("fail"), leaves the file out ("skip"), or leaves it out and notes it in a quarantine file in the store ("quarantine").
   * The report names the files that were left out. If all files are bad, the import fails. Default "fail".
   */
  readonly onBadFile?: 'fail' | 'skip' | 'quarantine' | undefined;
  /**
   * Patterns of the files of a folder to import: `*`, `?`, `[abc]`, `{a,b}`, and `**` for any number of folders. A pattern
   * without a slash is compared with the name, any other one with the path in the folder. Default: `*.json`, `*.ndjson` and
   * `*.jsonl`, in upper or lower case.
   */
  readonly include?: readonly string[] | undefined;
  /** Patterns of files and folders in a folder that are not imported. They override `include`. Default: none. */
  readonly exclude?: readonly string[] | undefined;
  /**
   * The syntax of the sources. "json5" accepts JSON5 1.0: comments, trailing commas, single quotes, bare names, escaped
   * ends of lines, hexadecimal numbers, and white space of Unicode. Records are stored as strict JSON. Default "json".
   */
  readonly dialect?: 'json' | 'json5' | undefined;
  /**
   * What the import does with NaN, Infinity and -Infinity, which JSON does not have: the record is bad ("reject"), they
   * become null ("null"), or the strings "NaN", "Infinity" and "-Infinity" ("string"). The same applies to keys.
   * Default "reject".
   */
  readonly nonfinite?: 'reject' | 'null' | 'string' | undefined;
  /**
   * What the import does with a source that ends inside its array or object, or inside its last record. It fails
   * ("fail"), or keeps the complete records ("keep"). Then the unfinished record counts as rejected, and a warning says
   * at which byte the source ends. Default "fail".
   */
  readonly onTruncated?: 'fail' | 'keep' | undefined;
  /**
   * The compression of the sources; "none": they are not compressed. Default: detected by their first bytes. Brotli has
   * no such bytes: it is detected by the file ending `.br`.
   */
  readonly codec?: 'none' | CodecName | undefined;
  /**
   * The format of the sources. "csv" and "tsv": rows with a header, each an object with a string for each cell (see
   * `types`). "bson": documents as mongodump writes them, which become Extended JSON. "es-bulk": an Elasticsearch bulk
   * file, in which `_id` is the key (unless `key` is given) and deletions delete. Default: the format of the file
   * ending `.csv`, `.tsv` or `.bson`, else JSON.
   */
  readonly format?: 'json' | FormatName | undefined;
  /**
   * The types of the cells of CSV and TSV files: "auto", or a type for some columns, as in
   * `price=number,active=boolean` (string, number, boolean or auto) or as a JSON object. A cell whose text is not JSON
   * of its type stays a string. With "auto", a cell in quotes stays a string too. Default: all cells are strings.
   */
  readonly types?: string | undefined;
  /**
   * Conditions such as `country=DE`, `age>=18`, `email` (has a value) or `!email` (has none). The import stores only
   * records that meet all of them. A value that is not JSON is text. Default: none.
   */
  readonly where?: readonly string[] | undefined;
  /**
   * The share (more than 0, up to 1) of the records that the import stores. A hash of each record decides, so the choice is
   * the same each time. Default: all.
   */
  readonly sample?: number | undefined;
  /**
   * The path or file: URL of a module. Its default export is a function that gets each record, parsed, and returns what is
   * stored in its place: one record, nothing (undefined), or several (an iterable that is no array, such as a generator). A
   * record for which it throws is bad. It runs in the worker threads. Default: none.
   */
  readonly transform?: string | undefined;
  /** Paths of the members of each record that the import stores, such as `user.name`. Default: all members. */
  readonly pick?: readonly string[] | undefined;
  /** Paths of the members of each record that the import does not store. Default: none. */
  readonly omit?: readonly string[] | undefined;
  /**
   * The version of the collection that the sources deliver. The import migrates their records to the newest version, and stores
   * those; one that cannot be migrated is bad. `key` and `indexes` may be given by their paths of either version. Default:
   * option `schemaVersion` of the store, else the newest version.
   */
  readonly schemaVersion?: number | undefined;
  /**
   * The path or file: URL of a JSON Schema (2020-12), or the schema itself as JSON text. A record that is not valid against it, as
   * it would be stored, is bad: option `onBadRecord` says what becomes of it. Default: none.
   * @example validate: 'users.schema.json'
   */
  readonly validate?: string | undefined;
  /**
   * The greatest number of records that the import stores. It stores the first ones, then it stops reading. Default: no
   * limit.
   */
  readonly limit?: number | undefined;
  /**
   * The greatest size of the text of a compressed source, as a multiple of its compressed size. A source that expands
   * to more is refused with SOURCE_EXPANDS, once its text is larger than 64 MiB. Default 250.
   */
  readonly maxExpansion?: number | undefined;
  /**
   * The memory, in bytes, that the decoder of a compressed source may use (a zstd window, an xz dictionary). A source
   * that needs more is refused with SOURCE_EXPANDS. Default 128 MiB. A zstd file made with `--long=31` takes 2 GiB.
   */
  readonly maxDecoderMemory?: number | undefined;
  /**
   * The greatest number of bad records, with `onBadRecord` "skip" or "quarantine". If more records are bad, or all of them,
   * the import fails. Default: 1,000,000 with "quarantine", no limit with "skip".
   */
  readonly maxBad?: number | undefined;
  /**
   * The greatest share (0…1) of bad records among all records, with `onBadRecord` "skip" or "quarantine". If more are bad,
   * the import fails. Default 1: no limit.
   */
  readonly maxBadRatio?: number | undefined;
  /**
   * The number of worker threads. A store in memory uses none, and neither do sources of up to 64 KiB in all. Default: the
   * processors this process may use.
   */
  readonly workers?: number | undefined;
  /**
   * The compression of the shards. With "none" the shards are zstd files that hold the records as they are, about as large as
   * the source. The import takes a little less processor time. `store.compact` with `recompress` compresses them later.
   * Default "zstd".
   */
  readonly compression?: 'zstd' | 'none' | undefined;
  /** The zstd compression level, −7…19. Without meaning for `compression` "none". Default 1. */
  readonly level?: number | undefined;
  /**
   * Whether the import notes what paths and values the records have, for `collection.schema()`. Without it, that method reads
   * the stored records. Default false.
   */
  readonly profile?: boolean | undefined;
  /** How workers read the source: with read calls ("read"), or through a memory map ("mmap"). Default "read". */
  readonly access?: 'mmap' | 'read' | undefined;
  /** Source bytes per span, and so per shard. Default: about 1/32 of the source, at least 4 MiB, at most 64 MiB. */
  readonly spanBytes?: number | undefined;
  /**
   * Source bytes in the memory of a worker at once. For a larger record a worker takes more. Default 512 KiB, at most
   * 64 MiB.
   */
  readonly windowBytes?: number | undefined;
  /** The size of the largest accepted record, in bytes. Default 256 MiB, at most just below 512 MiB. */
  readonly recordBytesMax?: number | undefined;
  /** The deepest accepted nesting of arrays and objects. Default 1,024. */
  readonly depthMax?: number | undefined;
  /** Whether the import waits while another writer holds the store. With false it fails with STORE_BUSY. Default true. */
  readonly wait?: boolean | undefined;
  /**
   * What the import does if an earlier import of the same sources with the same options was killed. "auto" continues after
   * the last recorded span, or starts from the beginning if that is not possible. "require" continues there, or fails with
   * NOTHING_TO_RESUME. "never" starts from the beginning and removes the files of the killed import. Imports of less than
   * 1 GiB always start from the beginning. Default "auto".
   */
  readonly resume?: 'auto' | 'require' | 'never' | undefined;
  /** Called with the other writer, when the import has to wait for it. */
  readonly onWait?: ((writer: Writer) => void) | undefined;
  /**
   * Called with the progress about ten times a second, and at the beginning of each stage. If it throws, the import is
   * cancelled and rejects with the thrown error. In stage "done" it is too late to cancel.
   */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Cancels the import: it rejects with CANCELLED within a second and leaves the store as it was. */
  readonly signal?: AbortSignal | undefined;
  /** The reason of the import, for the audit log: at most 1,000 characters. Default: none. */
  readonly why?: string | undefined;
}
