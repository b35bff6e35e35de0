// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A record that a converter finds bad becomes a mark in the converted text: `!`, then JSON that says where in the user's
// file the record is, why it is bad, and its bytes. The scan meets the mark as a record that is no JSON, counts it, and
// reads here what it stands for (scan/span-output.ts). Converters write nothing else that begins like that.

import type { BadReasonName } from '../../kernel/contract.js';

const MARK = '!'.charCodeAt(0);

/** What a converter says of a bad record. */
export interface MarkedRecord {
  readonly reason: BadReasonName;
  /** Why it is bad: the end of a sentence. */
  readonly why: string;
  /** Offset of its first byte in the source; of its text, where the source is compressed. */
  readonly offset: number;
  /** Its line in the source, from 1. Absent where the source has no lines. */
  readonly line?: number | undefined;
  readonly raw: Uint8Array;
}

export function markOf({ raw, ...facts }: MarkedRecord): string {
  const base64 = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('base64');
  return `!${JSON.stringify({ ...facts, raw: base64 })}`;
}

/** What the mark says. Undefined if the bytes are a record that was converted. */
export function markedRecord(text: Uint8Array): MarkedRecord | undefined {
  if (text[0] !== MARK) return undefined;
  const { raw, ...facts } = JSON.parse(Buffer.from(text.subarray(1)).toString('utf8'));
  return { ...facts, raw: Buffer.from(raw, 'base64') };
}
