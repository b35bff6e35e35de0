// Scans written short: options with defaults, sources as text, and a result as a list of strings in source order.

import { DEPTH_DEFAULT, RECORD_BYTES_DEFAULT } from '../../src/base/limits.js';
import type { FramingName, Scan, ScanOptions, ScanResult } from '../../src/kernel/contract.js';

export const framings: readonly FramingName[] = ['lines', 'values', 'array', 'object'];

export function optionsFor(framing: FramingName, some: Partial<ScanOptions> = {}): ScanOptions {
  return { framing, secondary: [], depthMax: DEPTH_DEFAULT, recordBytesMax: RECORD_BYTES_DEFAULT, ...some };
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
export function readText(scan: Scan, source: string, framing: FramingName, some: Partial<ScanOptions> = {}) {
  const bytes = utf8(source);
  const result = scan(bytes, optionsFor(framing, some));
  return { ...result, outcomes: outcomesOf(result, bytes) };
}

/** The only record of a source, when all of the source is that record: the question JSON.parse answers. */
export function soleRecord(result: ScanResult, length: number): ScanResult['records'][number] | undefined {
  const isSole = result.records.length === 1 && result.bad.length === 0 && result.end === length;
  return isSole ? result.records[0] : undefined;
}

/** `document` as the only record of a source in each framing; the part of an array or object source the kernel gets. */
export function framed(document: Uint8Array, framing: FramingName): Uint8Array {
  switch (framing) {
    case 'array':
      return Buffer.concat([document, utf8(']')]);
    case 'object':
      return Buffer.concat([utf8('"name":'), document, utf8('}')]);
    default:
      return document;
  }
}

/** The line of a record of value `line`, which `framed` put into a source. */
export function framedLine(line: string, framing: FramingName): string {
  return framing === 'object' ? `{"key":"name","value":${line}}` : line;
}
