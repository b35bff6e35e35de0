// Scans written short: options with defaults, sources as text, and a result as a list of strings in source order.

import type { Layout } from '../../src/base/import-report.js';
import { DEPTH_DEFAULT, RECORD_BYTES_DEFAULT } from '../../src/base/limits.js';
import type { RecordLayout, Scan, ScanOptions, ScanResult } from '../../src/kernel/contract.js';

export const layouts: readonly RecordLayout[] = ['ndjson', 'values', 'array', 'object'];

/** How the kernel reads the records of a source in this layout. */
export function recordLayoutOf(layout: Layout): RecordLayout {
  return layout === 'elements' ? 'array' : layout;
}

export function optionsFor(layout: RecordLayout, some: Partial<ScanOptions> = {}): ScanOptions {
  return { layout, secondary: [], depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT, ...some };
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** One byte for each character: for sources that are not UTF-8. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * What was read, one string a record, in order: the line of a good one; `REASON @offset <its bytes>` of a bad one.
 */
export function outcomesOf(result: ScanResult, bytes: Uint8Array): string[] {
  const outcomes: string[] = [];
  const good = [...result.records];
  for (const { reason, offset, record, start, end } of result.bad) {
    while (outcomes.length < record) outcomes.push(good.shift()!.line);
    outcomes.push(`${reason} @${offset} <${Buffer.from(bytes.subarray(start, end)).toString('utf8')}>`);
  }
  return [...outcomes, ...good.map((record) => record.line)];
}

/** Scans a source given as text and adds its outcomes to the result. */
export function readText(scan: Scan, source: string, layout: RecordLayout, some: Partial<ScanOptions> = {}) {
  const bytes = utf8(source);
  const result = scan(bytes, optionsFor(layout, some));
  return { ...result, outcomes: outcomesOf(result, bytes) };
}

/** The only record of a source, when all of the source is that record: the question JSON.parse answers. */
export function soleRecord(result: ScanResult, length: number): ScanResult['records'][number] | undefined {
  const isSole = result.records.length === 1 && result.bad.length === 0 && result.end === length;
  return isSole ? result.records[0] : undefined;
}

/** `document` as the only record of a source in each layout; the part of an array or object source the kernel gets. */
export function laidOut(document: Uint8Array, layout: RecordLayout): Uint8Array {
  switch (layout) {
    case 'array':
      return Buffer.concat([document, utf8(']')]);
    case 'object':
      return Buffer.concat([utf8('"name":'), document, utf8('}')]);
    default:
      return document;
  }
}

/** The line of a record of value `line`, which `laidOut` put into a source. */
export function laidOutLine(line: string, layout: RecordLayout): string {
  return layout === 'object' ? `{"key":"name","value":${line}}` : line;
}
