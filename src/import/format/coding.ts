// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// How the bytes of a source become the JSON that the import scans: decompressed, converted from another format, or both.

import type { CodecName } from '../codec/codec.js';
import { plainName } from '../codec/names.js';

/** The formats that are converted to JSON. */
export type FormatName = 'csv' | 'tsv' | 'bson' | 'es-bulk';

/** What is done with the bytes of a source: at least one of the two. */
export interface Coding {
  readonly codec?: CodecName | undefined;
  readonly format?: FormatName | undefined;
}

/** The option that names the format of sources. */
export interface FormatOption {
  readonly format?: 'json' | FormatName | undefined;
}

const NAMED = /\.(csv|tsv|bson)$/i;

/** The format of a source that is converted: the option says it, or the name does. Undefined for JSON. */
export function formatOf(path: string, { format }: FormatOption): FormatName | undefined {
  if (format !== undefined) return format === 'json' ? undefined : format;
  return NAMED.exec(plainName(path))?.[1]?.toLowerCase() as FormatName | undefined;
}

/** Whether the rows of a format have cells, whose types option `types` names. */
export function hasCells(format: FormatName | undefined): boolean {
  return format === 'csv' || format === 'tsv';
}
