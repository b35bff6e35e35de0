// How much memory a process may use, and what share of it caches take where nobody says.

import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
/** A cache of frames takes this share of the memory, within these bounds. It takes no more than what is read fills. */
const FRAME_SHARE = 1 / 8;
const FRAME_BYTES_MIN = 64 * MIB;
const FRAME_BYTES_MAX = 1024 * MIB;

/** Bytes that this process may use: those of the machine, or of its control group where that has fewer. */
export function memoryBytes(): number {
  // 0 and absurdly many stand for no limit.
  const constrained = process.constrainedMemory();
  return Math.min(totalmem(), constrained > 0 ? constrained : Number.POSITIVE_INFINITY);
}

/** The default of option `frameCacheBytes`. @param memory bytes that the process may use */
export function frameBytesFor(memory: number): number {
  return Math.min(Math.max(Math.floor(memory * FRAME_SHARE), FRAME_BYTES_MIN), FRAME_BYTES_MAX);
}
