// Sources in other formats, converted to JSON.

import type { FormatName } from '../../src/import/format/coding.js';
import { codingNow } from '../../src/import/format/open.js';

interface Given {
  readonly types?: string;
  readonly isKeyed?: boolean;
  readonly recordBytesMax?: number;
}

/** The converted text. @param piece bytes that are pushed at a time */
export function convert(format: FormatName, source: Uint8Array | string, piece = 1 << 20, given: Given = {}): string {
  const limits = { ratioMax: 250, memoryMax: 1 };
  const facts = { path: 'FILE', limits, isKeyed: false, recordBytesMax: 1 << 20, ...given };
  const converter = codingNow({ format }, facts);
  const bytes = Buffer.from(source as string);
  const out: Buffer[] = [];
  const take = (plain: Uint8Array) => void out.push(Buffer.from(plain));
  for (let at = 0; at < bytes.byteLength; at += piece) converter.push(bytes.subarray(at, at + piece), take);
  converter.end(take);
  converter.close();
  return Buffer.concat(out).toString('utf8');
}

/** The lines of a text, each of which has a newline after it. */
export const linesOf = (text: string) => text.split('\n').slice(0, -1);
