// The record that the host is asked about: what `record` (scan.ts) found out about it, so that the scan continues with the
// host's answer and need not walk over the record again. If bytes or tokens move meanwhile, the record is walked over again,
// and the answer still holds.

import { VERDICT_NONE } from './contract';
import { State } from './state';

export class Held {
  /** Whether the addresses below hold. */
  static isHere: bool = false;
  /** The record's own name, and the name that its line gets; 0: none. */
  static ownName: u32 = 0;
  static name: u32 = 0;
  static start: u32 = 0;
  static end: u32 = 0;
  /** The next token, the address it stands at, and the boundary after the record. */
  static token: u32 = 0;
  static at: u32 = 0;
  static boundary: u32 = 0;
}

/** What the host says of the record. `lineBytes`: of a line that it has written at `dst`. */
export function decide(verdict: i32, lineBytes: u32): void {
  State.verdict = verdict;
  State.lineBytes = lineBytes;
}

/** The record has been left: the next one is asked about anew. */
export function forgetVerdict(): void {
  State.verdict = VERDICT_NONE;
  Held.isHere = false;
}

export function isHeld(): bool { return Held.isHere; }
export function heldName(): u32 { return Held.name; }
export function heldStart(): u32 { return Held.start; }
export function heldEnd(): u32 { return Held.end; }
