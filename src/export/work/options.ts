// records > [export]: what a user may say about it.

import type { KeyValue } from '../../keys/encode.js';
import { BOUNDS_OPTIONS, type RangeOptions } from '../../lookup/index/range.js';
import { READ_OPTIONS } from '../../lookup/index/read-options.js';
import { any, list, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { LONG_WORK, THREADS } from '../../options/shared.js';

/** A form of an exported text. */
export type ExportFormat = 'ndjson' | 'json' | 'array' | 'object' | 'csv';
export const EXPORT_FORMATS = ['ndjson', 'json', 'array', 'object', 'csv'] as const satisfies ExportFormat[];

/** A codec of an exported text, by the ending of the file that tools expect. */
export type ExportCodec = 'none' | 'gz' | 'zst' | 'br';
export const EXPORT_CODECS = ['none', 'gz', 'zst', 'br'] as const satisfies ExportCodec[];

/** Which records are exported, and how the work is done. */
export interface SelectionOptions extends Omit<RangeOptions, 'after'> {
  /** Exports only the records of these primary keys. A key without a record is passed over. Not together with bounds. */
  readonly keys?: readonly KeyValue[] | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Cancels: the export fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `stream` and `webStream`; all optional. An unknown name is a TypeError. */
export interface StreamOptions extends SelectionOptions {
  /**
   * `ndjson`: a record a line; in collections imported from one object, `{"key":…,"value":…}`. `array`: one array of these.
   * `object`: one object, whose members have the names of the records, or their primary keys. `json`: `object` for collections
   * imported from one object, else `array`. `csv`: a header, then a row for each record. Default `ndjson`.
   */
  readonly format?: ExportFormat | undefined;
  /** Whether `array` and `object` are indented by two spaces a level. Default false. */
  readonly pretty?: boolean | undefined;
  /** The codec that compresses the text. Default `none`. */
  readonly compress?: ExportCodec | undefined;
  /** The level of the codec. Default: 6 for `gz` (0 to 9), 3 for `zst` (-7 to 22), 5 for `br` (0 to 11). */
  readonly level?: number | undefined;
  /** Whether `zst` is one frame, for readers that stop after the first one. Default false. */
  readonly singleFrame?: boolean | undefined;
  /**
   * `source`: the order in which the records were stored. `key`: the order of the index, or of the list `keys`; a record is
   * repeated for each of its values in a secondary index. Default: `key` with an index, bounds or `keys`, else `source`.
   */
  readonly order?: 'source' | 'key' | undefined;
  /** The members that are the columns of `csv`, in order. Default: all members, in the order in which they first occur. */
  readonly columns?: readonly string[] | undefined;
}

/** Options of `exportFiles`; all optional. An unknown name is a TypeError. */
export interface FilesOptions extends SelectionOptions {
  /**
   * The path of the file of a record in the directory. `{key}` is the name or the key of the record, escaped; `{hash:2}` the first
   * digits of the SHA-256 of it; `{n}` the number of the record in the export, with twelve digits. Default `{key}.json`; in
   * collections without keys `{n}.json`.
   */
  readonly name?: string | undefined;
  /** Whether records are indented by two spaces a level. Default false. */
  readonly pretty?: boolean | undefined;
}

const { index, gt, gte, lt, lte, prefix, reverse, limit } = BOUNDS_OPTIONS;

const SELECTION_OPTIONS = {
  ...{ index, gt, gte, lt, lte, prefix, reverse, limit },
  keys: list<KeyValue>('only the records of these primary keys'),
  ...READ_OPTIONS,
  ...THREADS,
  ...LONG_WORK,
} as const satisfies OptionTable;

export const STREAM_OPTIONS = {
  format: { type: 'choice', default: 'ndjson', choices: EXPORT_FORMATS, meaning: 'form of the text' },
  pretty: { type: 'boolean', default: false, meaning: 'whether an array or an object is indented' },
  compress: { type: 'choice', default: 'none', choices: EXPORT_CODECS, meaning: 'codec of the text' },
  level: { type: 'integer', default: undefined, min: -7, max: 22, meaning: 'level of the codec' },
  singleFrame: { type: 'boolean', default: false, meaning: 'whether zst is one frame' },
  order: { type: 'choice', default: undefined, choices: ['source', 'key'], meaning: 'order of the records' },
  columns: list<string>('members that are the columns of CSV'),
  ...SELECTION_OPTIONS,
} as const satisfies OptionTable;

export const FILES_OPTIONS = {
  name: any<string>('path of the file of a record'),
  pretty: { type: 'boolean', default: false, meaning: 'whether records are indented' },
  ...SELECTION_OPTIONS,
} as const satisfies OptionTable;

export type FilledFilesOptions = Resolved<typeof FILES_OPTIONS>;
export type FilledSelection = Resolved<typeof SELECTION_OPTIONS>;
export type FilledStreamOptions = Resolved<typeof STREAM_OPTIONS>;

const LEVELS = {
  none: undefined,
  gz: { min: 0, max: 9, usual: 6 },
  zst: { min: -7, max: 22, usual: 3 },
  br: { min: 0, max: 11, usual: 5 },
} as const;

/** @throws TypeError for a wrong option, or options that contradict each other */
export function resolveStreamOptions(method: string, given: StreamOptions | undefined): FilledStreamOptions {
  const options = resolveOptions(method, STREAM_OPTIONS, given);
  const { format, pretty, compress, level, singleFrame, columns } = options;
  const refuse = (why: string): never => {
    throw new TypeError(`${method}: ${why}`);
  };
  if (pretty && (format === 'ndjson' || format === 'csv'))
    refuse(`option pretty is for array and object, not ${format}`);
  if (singleFrame && compress !== 'zst') refuse('option singleFrame is for compress zst');
  if (columns !== undefined && format !== 'csv') refuse('option columns is for format csv');
  if (columns?.some((name) => typeof name !== 'string')) refuse('options.columns must be a list of names');
  const range = LEVELS[compress];
  if (level !== undefined && range === undefined) refuse('option level needs option compress');
  if (level !== undefined && range !== undefined && (level < range.min || level > range.max))
    refuse(`the level of ${compress} is from ${range.min} to ${range.max}`);
  checkSelection(method, options);
  return options;
}

/** @throws TypeError for a wrong option, or options that contradict each other */
export function resolveFilesOptions(given: FilesOptions | undefined): FilledFilesOptions {
  const options = resolveOptions('exportFiles', FILES_OPTIONS, given);
  checkSelection('exportFiles', options);
  return options;
}

/** The level of a codec, where the user gives none. */
export function levelOf({ compress, level }: Pick<FilledStreamOptions, 'compress' | 'level'>): number {
  return level ?? LEVELS[compress]?.usual ?? 0;
}

/** Names of the bounds of a range. */
const BOUNDS = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

/** Whether the options name a part of the records, or an index. */
export function isSelection(options: FilledSelection): boolean {
  const { index, keys, limit, reverse } = options;
  const isBounded = BOUNDS.some((name) => options[name] !== undefined);
  return index !== undefined || keys !== undefined || isBounded || reverse || limit !== Number.POSITIVE_INFINITY;
}

function checkSelection(method: string, { keys, ...options }: FilledSelection): void {
  if (keys === undefined || !isSelection({ ...options, keys: undefined })) return;
  throw new TypeError(`${method}: give keys, or an index and bounds, not both`);
}
