// Folding: an object path with too many names, or the widest one if memory is scarce, becomes a path whose members are one. Its
// members are added up in place, with all that is below them. Whoever holds the address of one of them finds by FORWARD where it
// went (the stack is corrected here).

import { addExtremes } from './extremes';
import { LEVEL_BYTES, Memory, PROFILE_BYTES, clearNames, isScattered } from './memory';
import {
  ARRAY_LONGEST, ARRAY_SHORTEST, BEYOND_KEYS, BEYOND_SAFE, DIGITS, ELEMENTS, FIRST, FOLDED, FORMATS, FORWARD, INTEGER_LEAST,
  INTEGER_MOST, IS_PARTIAL, KINDS, LONGEST, MEMBERS, MEMBER_COUNT, NAME, NAME_BYTES, NAME_HASH, NEXT, OBJECT_FEWEST, OBJECT_MOST,
  PARENT, REPEATS, SHORTEST, SIBLING, SPELLED, STAMP, Tree, addPath, adopt, findable, memberNamed, releasePath,
} from './paths';
import { addValues } from './values';

/** As NAMES_MAX in src/profile/types.ts. */
export const NAMES_MAX: u32 = 4096;
/** Folding goes on until so much less is used, so that the next path does not fold something again. */
const ENOUGH_BYTES: u32 = PROFILE_BYTES - (PROFILE_BYTES >> 2);

export class Folds {
  /** Something has been folded: addresses of paths may be out of date. Whoever has them takes this back. */
  static happened: bool = false;
}

/** Paths that are no longer in the tree, by SIBLING: their memory is given back when nothing points to them. */
let dead: u32 = 0;

/** Folds an object path, at any time between two values. @param level the innermost container */
export function foldAt(path: u32, isPartial: bool, level: u32): void {
  fold(path, isPartial);
  settle(level);
}

/** Folds the widest objects until memory suffices again, or there is nothing left to fold. */
export function relieve(level: u32): void {
  for (let isScarce = isScattered(); isScarce || Memory.used > ENOUGH_BYTES; isScarce = false) {
    Widest.path = 0;
    Widest.members = 1;
    findWidest(Tree.root);
    if (Widest.path == 0) break;
    foldAt(Widest.path, true, level);
  }
  Memory.isLow = false;
}

class Widest {
  static path: u32 = 0;
  static members: u32 = 0;
}

function findWidest(path: u32): void {
  const members = load<u32>(path, MEMBER_COUNT);
  if (members > Widest.members) {
    Widest.path = path;
    Widest.members = members;
  }
  for (let member = load<u32>(path, MEMBERS); member != 0; member = load<u32>(member, SIBLING)) findWidest(member);
  if (load<u32>(path, ELEMENTS) != 0) findWidest(load<u32>(path, ELEMENTS));
  if (load<u32>(path, FOLDED) != 0) findWidest(load<u32>(path, FOLDED));
}

function fold(path: u32, isPartial: bool): void {
  const all = addPath(path);
  let member = load<u32>(path, MEMBERS);
  store<u32>(path, 0, MEMBERS);
  store<u32>(path, 0, MEMBER_COUNT);
  store<u32>(path, all, FOLDED);
  if (isPartial) store<u32>(path, 1, IS_PARTIAL);
  while (member != 0) {
    const next = load<u32>(member, SIBLING);
    absorb(all, member);
    member = next;
  }
  store<u64>(all, 0, REPEATS);
}

/** Adds all that is known of a path, and of all below it, to another path. */
function absorb(path: u32, other: u32): void {
  for (let kind: u32 = 0; kind < 64; kind += 8) add(path + <u32>KINDS + kind, other + <u32>KINDS + kind);
  add(path + <u32>REPEATS, other + <u32>REPEATS);
  add(path + <u32>BEYOND_SAFE, other + <u32>BEYOND_SAFE);
  add(path + <u32>BEYOND_KEYS, other + <u32>BEYOND_KEYS);
  least(path + <u32>SHORTEST, other + <u32>SHORTEST);
  least(path + <u32>ARRAY_SHORTEST, other + <u32>ARRAY_SHORTEST);
  least(path + <u32>OBJECT_FEWEST, other + <u32>OBJECT_FEWEST);
  most(path + <u32>LONGEST, other + <u32>LONGEST);
  most(path + <u32>ARRAY_LONGEST, other + <u32>ARRAY_LONGEST);
  most(path + <u32>OBJECT_MOST, other + <u32>OBJECT_MOST);
  most(path + <u32>DIGITS, other + <u32>DIGITS);
  most(path + <u32>IS_PARTIAL, other + <u32>IS_PARTIAL);
  store<u32>(path, load<u32>(path, FORMATS) & load<u32>(other, FORMATS), FORMATS);
  store<i64>(path, min(load<i64>(path, INTEGER_LEAST), load<i64>(other, INTEGER_LEAST)), INTEGER_LEAST);
  store<i64>(path, max(load<i64>(path, INTEGER_MOST), load<i64>(other, INTEGER_MOST)), INTEGER_MOST);
  // The object that is being read has the greatest stamp, whichever path it was at.
  store<u64>(path, max(load<u64>(path, STAMP), load<u64>(other, STAMP)), STAMP);
  addExtremes(path, other);
  addValues(path, other);
  addElements(path, other);
  addMembers(path, other);
  store<u32>(other, path, FORWARD);
  store<u32>(other, dead, SIBLING);
  dead = other;
}

function addElements(path: u32, other: u32): void {
  const elements = load<u32>(other, ELEMENTS);
  if (elements == 0) return;
  if (load<u32>(path, ELEMENTS) != 0) absorb(load<u32>(path, ELEMENTS), elements);
  else {
    store<u32>(path, elements, ELEMENTS);
    store<u32>(elements, path, PARENT);
  }
}

function addMembers(path: u32, other: u32): void {
  if (load<u32>(path, FOLDED) != 0 || load<u32>(other, FOLDED) != 0) {
    if (load<u32>(path, FOLDED) == 0) fold(path, false);
    if (load<u32>(other, FOLDED) == 0) fold(other, false);
    absorb(load<u32>(path, FOLDED), load<u32>(other, FOLDED));
    return;
  }
  let member = load<u32>(other, MEMBERS);
  store<u32>(other, 0, MEMBERS);
  while (member != 0) {
    const next = load<u32>(member, SIBLING);
    const known = memberNamed(path, load<u32>(member, NAME), load<u32>(member, NAME_BYTES), load<u32>(member, NAME_HASH));
    if (known != 0) absorb(known, member);
    else adopt(path, member);
    member = next;
  }
  if (load<u32>(path, MEMBER_COUNT) > NAMES_MAX) fold(path, false);
}

/** After a fold: names are found where their members are now, nothing points to paths that are gone, and they are let go of. */
function settle(level: u32): void {
  Folds.happened = true;
  for (let at = Memory.levels; at <= level; at += LEVEL_BYTES) {
    let path = load<u32>(at);
    while (load<u32>(path, FORWARD) != 0) path = load<u32>(path, FORWARD);
    store<u32>(at, path);
  }
  clearNames();
  refind(Tree.root);
  while (dead != 0) {
    const next = load<u32>(dead, SIBLING);
    releasePath(dead);
    dead = next;
  }
}

function refind(path: u32): void {
  store<u32>(path, Tree.nowhere, FIRST);
  store<u32>(path, Tree.nowhere, NEXT);
  if (load<u32>(path, SPELLED) != 0) findable(path);
  for (let member = load<u32>(path, MEMBERS); member != 0; member = load<u32>(member, SIBLING)) refind(member);
  if (load<u32>(path, ELEMENTS) != 0) refind(load<u32>(path, ELEMENTS));
  if (load<u32>(path, FOLDED) != 0) refind(load<u32>(path, FOLDED));
}

// @ts-ignore: decorator
@inline function add(counter: u32, other: u32): void {
  store<u64>(counter, load<u64>(counter) + load<u64>(other));
}

// @ts-ignore: decorator
@inline function least(fact: u32, other: u32): void {
  store<u32>(fact, min(load<u32>(fact), load<u32>(other)));
}

// @ts-ignore: decorator
@inline function most(fact: u32, other: u32): void {
  store<u32>(fact, max(load<u32>(fact), load<u32>(other)));
}
