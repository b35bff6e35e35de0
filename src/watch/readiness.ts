// notices > schedule > [readiness] > sync > event
//
// Whether a changed file is taken as it is. A file that was written to a moment ago may be half of what it is going to be,
// so only what it has grown by is taken, and it is looked at again. A file that was refused is left as it is stored until it
// changes: one bad file must not keep back all others. Pure: it is told the time.

import { isDeepStrictEqual } from 'node:util';
import type { GristmillError } from '../base/errors.js';
import { ASKED_FILES_MAX, HELD_FILES_MAX } from '../base/limits.js';
import { ancestors, type FileFacts, type Take } from '../sources/looking.js';

interface Look extends FileFacts {
  readonly since: number;
}

/** A file that stays as it is stored until it changes, and the reason. */
interface Held extends FileFacts {
  readonly error: GristmillError;
  /** Whether the present round has met it, and left it as it is stored. */
  isSeen: boolean;
}

/** Some file systems keep whole seconds, or every other. */
const COARSE_MTIME_MS = 2_000;

export class Readiness {
  readonly #stabilityMs: number;
  /** Files that were written to a moment ago, as they were seen then. */
  readonly #unsettled = new Map<string, Look>();
  /** Files taken by the present round, so that one of them can be held; not more of them than it is worth. */
  readonly #taken = new Map<string, FileFacts>();
  readonly #held = new Map<string, Held>();

  constructor(stabilityMs: number) {
    this.#stabilityMs = stabilityMs;
  }

  /** A round begins. */
  begin(): void {
    this.#taken.clear();
    for (const held of this.#held.values()) held.isSeen = false;
  }

  /**
   * A round has succeeded. A held file where it looked is taken by now, gone, or again as it is stored, unless the
   * round met it and left it.
   * @param paths where it looked; undefined: everywhere
   */
  done(paths: ReadonlySet<string> | undefined): void {
    for (const [path, { isSeen }] of this.#held) {
      if (!isSeen && (paths === undefined || [...ancestors(path)].some((above) => paths.has(above)))) {
        this.#held.delete(path);
      }
    }
  }

  /** The reason why the file that was held last is not taken. Undefined if no file is held. */
  get refused(): GristmillError | undefined {
    return [...this.#held.values()].at(-1)?.error;
  }

  /**
   * @param now of the clock that file times are of
   * @returns `growth` is to be asked about again after the time of stability
   */
  of(path: string, facts: FileFacts, now: number): Take {
    const held = this.#held.get(path);
    if (held !== undefined && isSame(held, facts)) {
      held.isSeen = true;
      return 'nothing';
    }
    const isSettled = this.#isSettled(path, facts, now);
    // The reason stays until a round that took the next version has succeeded; no version is left because of it any more.
    if (held !== undefined) this.#held.set(path, { ...held, mtimeMs: Number.NaN, isSeen: !isSettled });
    if (!isSettled) return 'growth';
    this.#unsettled.delete(path);
    if (this.#taken.size < ASKED_FILES_MAX) this.#taken.set(path, facts);
    return 'all';
  }

  #isSettled(path: string, facts: FileFacts, now: number): boolean {
    const { mtimeMs } = facts;
    const coarse = Number.isInteger(mtimeMs / 1000) ? COARSE_MTIME_MS : 0;
    if (mtimeMs <= now && now - mtimeMs >= this.#stabilityMs + coarse) return true;
    // The clock of another machine may have set the time: then what was seen before tells.
    const before = this.#unsettled.get(path);
    if (before !== undefined && isSame(before, facts)) return now - before.since >= this.#stabilityMs;
    put(this.#unsettled, path, { ...facts, since: now }, ASKED_FILES_MAX);
    return false;
  }

  /** Leaves a file that was taken in this round and was bad as it is stored, until it changes. False: it cannot be. */
  hold(error: GristmillError): boolean {
    const path = [error.file, archiveIn(error.file)].find((one) => one !== undefined && this.#taken.has(one));
    const facts = path === undefined ? undefined : this.#taken.get(path);
    if (path === undefined || facts === undefined) return false;
    put(this.#held, path, { ...facts, error, isSeen: true }, HELD_FILES_MAX);
    return true;
  }
}

/** The archive that a path of an entry is in. */
function archiveIn(path = ''): string | undefined {
  const at = path.lastIndexOf('::');
  return at < 1 ? undefined : path.slice(0, at);
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
  return a.bytes === b.bytes && a.mtimeMs === b.mtimeMs && isDeepStrictEqual(a.version, b.version);
}
