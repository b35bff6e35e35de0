// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Cuts a source that is converted, as it comes, into parts that begin and end between two records. Workers convert them side by
// side. Where the records end is no guess: the cutter reads lengths and quotes as the converter does.

import type { FormatName } from '../coding.js';
import type { ConverterFacts } from '../converter.js';
import { DocumentCutter } from './documents.js';
import type { FormatCutter } from './part.js';
import { RowCutter } from './rows.js';

/** Whether sources in this format can be cut: of bulk files, only who reads all lines knows which of them are actions. */
export function canCutFormat(format: FormatName): boolean {
  return format !== 'es-bulk';
}

/** @param textBytes about as many bytes of text as a part becomes */
export function formatCutter(format: FormatName, facts: ConverterFacts, textBytes: number): FormatCutter {
  if (format === 'bson') return new DocumentCutter(facts, textBytes);
  return new RowCutter(facts, format === 'tsv' ? 'tsv' : 'csv', textBytes);
}
