// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// What the checking functions look at and what they answer. They never look beyond the limit of their view: what happens
// there (the record is cut short, or more bytes may come) is decided here, once.

import type { BadReasonName } from '../contract.js';

/** The bytes a record may occupy. */
export interface View {
  readonly bytes: Uint8Array;
  /** One past the last byte that may belong to the record: the end of the buffer, or the newline that ends the line. */
  readonly limit: number;
  /** Whether the record certainly has no bytes from `limit` on; otherwise the buffer is a prefix of the source. */
  readonly isFinal: boolean;
  /** What an unfinished record is called at a final limit. */
  readonly cutReason: 'UNEXPECTED_END' | 'UNEXPECTED_END_OF_LINE';
}

/** Why a record is bad, and the first byte that makes it so: the first after which nothing could make it good. */
export interface Fault {
  readonly reason: BadReasonName;
  readonly offset: number;
}

/** Not decidable with the bytes that are there. */
export const MORE = 'more';

/** One past the last byte of what was checked, or why there is none. */
export type Verdict = number | Fault | typeof MORE;

export function fault(reason: BadReasonName, offset: number): Fault {
  return { reason, offset };
}

/** The verdict on what runs into the limit unfinished. */
export function cutShort(view: View): Fault | typeof MORE {
  return view.isFinal ? fault(view.cutReason, view.limit) : MORE;
}
