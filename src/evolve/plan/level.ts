// migrations > plan > [symbolic objects] > compose > walk
//
// What operations have made of the objects at one place, without a record at hand. Each member of the older object that an operation
// names is an origin. Origins move; the names of the newer object say which origin is there. So a hundred renames of one member
// are one origin with another name.

import type { Place } from '../failure.js';
import type { Action } from '../operations/kind.js';

/** A value of the older record, or a new one. */
export class Origin {
  /** Its name in the newer object. Undefined: it is in none. */
  name: string | undefined;
  /** Whether no record may have it: an operation puts another value there. */
  isForbidden = false;
  /** Its text, if it is new. */
  readonly constant: string | undefined;
  /** Whether an operation has spelled its name, be it the same again. */
  isRenamed = false;
  /** Whether it has left the place that it has in the older object. */
  isMoved = false;
  /** What happens to it as a whole, after all that happens within. */
  readonly changes: Action[] = [];
  /** What happens within it, if it is an object. */
  level: Level | undefined;

  constructor(name: string, constant?: string) {
    this.name = name;
    this.constant = constant;
  }

  /** Whether a value is moved into it, however deep. */
  hasArrivals(): boolean {
    const { level } = this;
    if (level === undefined) return false;
    return (
      level.appended.some(({ isMoved }) => isMoved) || [...level.origins.values()].some((one) => one.hasArrivals())
    );
  }
}

export class Level {
  /** By their names in the older object. */
  readonly origins = new Map<string, Origin>();
  /** By names in the newer object. Null: nothing is there. A name that is not here is as it was. */
  readonly #names = new Map<string, Origin | null>();
  /** What stands after all members that keep their place. */
  readonly appended: Origin[] = [];

  /** What is at a name of the newer object; null: nothing can be. */
  at(name: string): Origin | null {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const origin = new Origin(name);
    this.origins.set(name, origin);
    this.#names.set(name, origin);
    return origin;
  }

  take(name: string): void {
    this.#names.set(name, null);
  }

  put(name: string, origin: Origin): void {
    origin.name = name;
    this.#names.set(name, origin);
  }
}

/** What a path of the newer version leads to. Undefined: only a record can say. */
export interface Found {
  /** Null: nothing can be there. */
  readonly level: Level | null;
  /** Whether a value on the way has been moved. */
  readonly isInMoved: boolean;
}

export function levelAt(root: Level, place: Place): Found | undefined {
  let level = root;
  let isInMoved = false;
  for (const name of place) {
    const origin = level.at(name);
    if (origin === null) return { level: null, isInMoved };
    if (origin.constant !== undefined || origin.changes.length > 0) return undefined;
    isInMoved ||= origin.isMoved;
    origin.level ??= new Level();
    level = origin.level;
  }
  return { level, isInMoved };
}
