// notices > schedule > [readiness] > sync > event
//
// Whether a changed file is taken as it is. A file that was written to a moment ago may be half of what it is going to be,
// so only what it has grown by is taken, and it is looked at again. A file that was refused is left as it is stored until it
// changes: one bad file must not keep back all others. Pure: it is told the time.

import { ASKED_FILES_MAX, HELD_FILES_MAX } from '../base/limits.js';
import type { FileFacts, Take } from '../sources/looking.js';

interface Look extends FileFacts {
  readonly since: number;
}

/** Some file systems keep whole seconds, or every other. */
const COARSE_MTIME_MS = 2_000;

export class Readiness {
  readonly #stabilityMs: number;
  /** Files that were written to a moment ago, as they were seen then. */
  readonly #unsettled = new Map<string, Look>();
  /** Files taken by the present round, so that one of them can be held; not more of them than it is worth. */
  readonly #taken = new Map<string, FileFacts>();
  readonly #held = new Map<string, FileFacts>();

  constructor(stabilityMs: number) {
    this.#stabilityMs = stabilityMs;
  }

  /** A round begins. */
  begin(): void {
    this.#taken.clear();
  }

  /**
   * @param now of the clock that file times are of
   * @returns `growth` is to be asked about again after the time of stability
   */
  of(path: string, facts: FileFacts, now: number): Take {
    const held = this.#held.get(path);
    if (held !== undefined && isSame(held, facts)) return 'nothing';
    this.#held.delete(path);
    if (!this.#isSettled(path, facts, now)) return 'growth';
    this.#unsettled.delete(path);
    if (this.#taken.size < ASKED_FILES_MAX) this.#taken.set(path, facts);
    return 'all';
  }

  #isSettled(path: string, facts: FileFacts, now: number): boolean {
    const { bytes, mtimeMs } = facts;
    const coarse = Number.isInteger(mtimeMs / 1000) ? COARSE_MTIME_MS : 0;
    if (mtimeMs <= now && now - mtimeMs >= this.#stabilityMs + coarse) return true;
    // The clock of another machine may have set the time: then what was seen before tells.
    const before = this.#unsettled.get(path);
    if (before !== undefined && isSame(before, facts)) return now - before.since >= this.#stabilityMs;
    put(this.#unsettled, path, { bytes, mtimeMs, since: now }, ASKED_FILES_MAX);
    return false;
  }

  /** Leaves a file that was taken in this round and was bad as it is stored, until it changes. False: it cannot be. */
  hold(path: string | undefined): boolean {
    const facts = path === undefined ? undefined : this.#taken.get(path);
    if (path === undefined || facts === undefined) return false;
    put(this.#held, path, facts, HELD_FILES_MAX);
    return true;
  }
}

/** Adds to a map that keeps so many, the latest; the rest are files that went, or are looked at once more. */
function put<T>(map: Map<string, T>, path: string, value: T, most: number): void {
  map.delete(path);
  map.set(path, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

function isSame(a: FileFacts, b: FileFacts): boolean {
  return a.bytes === b.bytes && a.mtimeMs === b.mtimeMs;
}
