// migrations > plan > compose > [object plan] > walk
//
// What the walk over a record's text does at each object, made of a level once for all records.

import type { Action, ActionOf, Change, Context } from '../operations/kind.js';
import { valueKindOf } from '../operations/kinds.js';
import type { Level, Origin } from './level.js';

/** What to do with a member of the older object. */
export interface MemberPlan {
  readonly isForbidden: boolean;
  /** The name with its colon, if it is another one. */
  readonly spelled: string | undefined;
  /** Whether the member is left out where it was. */
  readonly isDropped: boolean;
  /** The number under which its value is kept for another place; -1: none. */
  readonly kept: number;
  readonly within: ObjectPlan | undefined;
  readonly changes: readonly Change[];
}

/** A member at the end of the newer object: a new one, or one that was kept. */
export interface AppendedPlan {
  /** The name with its colon. Undefined: the value was removed later, but had to have its place here. */
  readonly spelled: string | undefined;
  readonly constant: string | undefined;
  readonly kept: number;
}

/** Marks of names, a power of two. */
const MARKS = 1024;

export class ObjectPlan {
  readonly members: ReadonlyMap<string, MemberPlan>;
  readonly appended: readonly AppendedPlan[];
  /** Whether a value that was kept belongs here. */
  readonly hasArrivals: boolean;
  /** Which marks the members' names have: for most names of a record that spares a look into the map. */
  readonly #marks = new Uint8Array(MARKS);

  constructor(level: Level, keptOf: (origin: Origin) => number, context: Context) {
    const members = new Map<string, MemberPlan>();
    for (const [name, origin] of level.origins) {
      const member = memberPlan(origin, keptOf, context);
      if (member === undefined) continue;
      members.set(name, member);
      // A walk is over codes of UTF-16, or of UTF-8.
      this.#marks[markOf(name.length, `${name}"`.charCodeAt(0))] = 1;
      this.#marks[markOf(Buffer.byteLength(name), Buffer.from(`${name}"`)[0]!)] = 1;
    }
    this.members = members;
    this.appended = level.appended.map((origin) => ({
      spelled: origin.name === undefined ? undefined : `${JSON.stringify(origin.name)}:`,
      constant: origin.constant,
      kept: origin.isMoved ? keptOf(origin) : -1,
    }));
    this.hasArrivals = this.appended.some(({ kept }) => kept >= 0);
  }

  /** Whether a member can have a name of so many codes, and after its first quote this code. */
  mayName(length: number, first: number): boolean {
    return this.#marks[markOf(length, first)] === 1;
  }

  /**
   * The names of members that the walk gives up for, wherever they are; undefined if it may give up for another reason, too.
   */
  get refusedNames(): readonly string[] | undefined {
    if (this.hasArrivals) return undefined;
    const names: string[] = [];
    for (const [name, { isForbidden, kept, within, changes }] of this.members) {
      const inner = within === undefined ? [] : within.refusedNames;
      if (kept !== -1 || changes.length > 0 || inner === undefined) return undefined;
      names.push(...(isForbidden ? [name] : []), ...inner);
    }
    return names;
  }

  /** Characters that one object, with all within, can get more than it has. */
  get growth(): number {
    let all = 0;
    for (const { spelled, constant } of this.appended) all += 1 + (spelled?.length ?? 0) + (constant?.length ?? 0);
    for (const { spelled, within } of this.members.values()) all += (spelled?.length ?? 0) + (within?.growth ?? 0);
    return all;
  }

  get isIdle(): boolean {
    return this.members.size === 0 && this.appended.length === 0;
  }
}

/** Of its length and its first character. */
function markOf(length: number, first: number): number {
  return (length * 32 + first) & (MARKS - 1);
}

/** Undefined: nothing happens to it. */
function memberPlan(origin: Origin, keptOf: (origin: Origin) => number, context: Context): MemberPlan | undefined {
  const inner = origin.level && new ObjectPlan(origin.level, keptOf, context);
  const within = inner?.isIdle ? undefined : inner;
  const isDropped = origin.isMoved || origin.name === undefined;
  const isRenamed = !isDropped && origin.isRenamed;
  const isIdle = !(isDropped || isRenamed || origin.isForbidden || within || origin.changes.length > 0);
  if (isIdle) return undefined;
  return {
    isForbidden: origin.isForbidden,
    spelled: isRenamed ? `${JSON.stringify(origin.name)}:` : undefined,
    isDropped,
    kept: origin.isMoved ? keptOf(origin) : -1,
    within,
    changes: changesOf(origin.changes, context),
  };
}

/** Operations on elements that follow each other are done in one walk over the array. */
function changesOf(actions: readonly Action[], context: Context): Change[] {
  const joined: Action[] = [];
  for (const action of actions) {
    const last = joined.at(-1);
    if (action.op === 'each' && last?.op === 'each') {
      joined[joined.length - 1] = { ...last, ops: [...last.ops, ...action.ops] };
    } else joined.push(action);
  }
  return joined.map((action) => valueKindOf(action)!.change(action as ActionOf<'map'>, context));
}
