// The paths of a profile as a tree in memory. A path knows which member came next the last time: objects of one kind have their
// members in one order, so a name is nearly always found by one comparison of 16 bytes.
//
// A path in memory is what the constants below say (the host reads them: src/profile/simd/layout.ts), then its counters. A
// path is named by its address. 0 stands for none.

import { BACKSLASH, QUOTE, SPACE } from '../contract';
import { NO_LEAST } from './extremes';
import { Memory, NAME_SLOTS, allocate, release, sameBytes } from './memory';

// First 64 bytes that every name and every string needs, then 64 bytes of counts: each is one line of the cache.
/** The path of the member that was first in the last object here, and of the one that came after this one. */
export const FIRST: usize = 0;
export const NEXT: usize = 4;
/** Bytes of the name as it is spelled, `"name":`; its first 16 bytes, and a bit for each of them that has to be the same. */
export const SPELLED_BYTES: usize = 8;
export const MASK: usize = 12;
/** The stamp of the object whose member was here last. */
export const STAMP: usize = 16;
/** The greatest hash of a value that may change anything. */
export const THRESHOLD: usize = 24;
export const BEGINNING: usize = 32;
/** Of strings; and the most digits of a number. */
export const SHORTEST: usize = 48;
export const LONGEST: usize = 52;
export const FORMATS: usize = 56;
export const DIGITS: usize = 60;
/** Eight counts of u64: null, false, true, integer, decimal, string, array, object. */
export const KINDS: usize = 64;
export const INTEGER_LEAST: usize = 128;
export const INTEGER_MOST: usize = 136;
/** A double between these is no extreme of the other numbers; and these extremes as keys. */
export const OTHER_ABOVE: usize = 144;
export const OTHER_BELOW: usize = 152;
export const ARRAY_SHORTEST: usize = 160;
export const ARRAY_LONGEST: usize = 164;
export const OBJECT_FEWEST: usize = 168;
export const OBJECT_MOST: usize = 172;
/** Values (values.ts): a piece of memory; and whether it is a sketch (1), or has each value and its count (0). */
export const VALUES: usize = 176;
export const IS_SKETCH: usize = 180;
/** The path of the elements of arrays here. */
export const ELEMENTS: usize = 184;
/** Where the name is as it is spelled. */
export const SPELLED: usize = 188;
export const OTHER_LEAST: usize = 192;
export const OTHER_LEAST_BYTES: usize = 196;
export const OTHER_MOST: usize = 200;
export const OTHER_MOST_BYTES: usize = 204;
export const BEYOND_SAFE: usize = 208;
export const BEYOND_KEYS: usize = 216;
export const REPEATS: usize = 224;
/** The members of objects here: the first one, the one after this one, and how many. */
export const MEMBERS: usize = 232;
export const SIBLING: usize = 236;
export const MEMBER_COUNT: usize = 240;
export const PARENT: usize = 244;
/** The name without escapes. */
export const NAME: usize = 248;
export const NAME_BYTES: usize = 252;
/** The path of all members, if they are folded, and whether that was for want of memory. */
export const FOLDED: usize = 256;
export const IS_PARTIAL: usize = 260;
/** Where the values of this path are counted now, when it is no longer in the tree. */
export const FORWARD: usize = 264;
export const NAME_HASH: usize = 268;
/** How far the path is from the beginning of its piece of memory: its address is a multiple of 64. */
const INSET: usize = 272;
const PATH_BYTES: u32 = 276;
const PIECE_BYTES: u32 = PATH_BYTES + 48;

/** No 16 bytes are the same in a seventeenth place. */
const NEVER: u32 = 0x10000;

export class Tree {
  static root: u32 = 0;
  /** A path that no name matches: what comes next where nothing is known of it. */
  static nowhere: u32 = 0;
  /** What is looked for beside kinds, sizes and extremes: the different values, and formats by their bits. */
  static hasValues: bool = true;
  static formats: u32 = 0;
}

export function addPath(parent: u32): u32 {
  const piece = allocate(PIECE_BYTES), path = piece + 63 & ~63;
  memory.fill(path, 0, PATH_BYTES);
  store<u32>(path, path - piece, INSET);
  store<u32>(path, parent, PARENT);
  store<u32>(path, Tree.nowhere, FIRST);
  store<u32>(path, Tree.nowhere, NEXT);
  store<u32>(path, NEVER, MASK);
  store<u32>(path, ~0, SHORTEST);
  store<u32>(path, Tree.formats, FORMATS);
  store<u64>(path, ~0, THRESHOLD);
  store<i64>(path, i64.MAX_VALUE, INTEGER_LEAST);
  store<i64>(path, i64.MIN_VALUE, INTEGER_MOST);
  store<f64>(path, NO_LEAST, OTHER_ABOVE);
  store<f64>(path, -NO_LEAST, OTHER_BELOW);
  store<u32>(path, ~0, ARRAY_SHORTEST);
  store<u32>(path, ~0, OBJECT_FEWEST);
  return path;
}

export function plantTree(): void {
  Tree.nowhere = 0;
  Tree.nowhere = addPath(0);
  Tree.root = addPath(0);
}

/** The path of a member that is there, by its name without escapes, or 0. */
export function memberNamed(parent: u32, name: u32, bytes: u32, hash: u32): u32 {
  let slot = slotOf(parent, hash);
  let path = load<u32>(Memory.names + slot * 4);
  while (path != 0 && !isNamed(path, parent, name, bytes, hash)) {
    slot = slot + 1 & NAME_SLOTS - 1;
    path = load<u32>(Memory.names + slot * 4);
  }
  return path;
}

// @ts-ignore: decorator
@inline function isNamed(path: u32, parent: u32, name: u32, bytes: u32, hash: u32): bool {
  if (load<u32>(path, NAME_HASH) != hash || load<u32>(path, PARENT) != parent) return false;
  return load<u32>(path, NAME_BYTES) == bytes && sameBytes(load<u32>(path, NAME), name, bytes);
}

/** Adds a member; its name is copied. */
export function addMember(parent: u32, name: u32, bytes: u32, hash: u32): u32 {
  const path = addPath(parent);
  // A quote before it, a quote and a colon after it: as it is spelled, if it can stand as it is.
  const spelled = allocate(bytes + 3 + 16);
  store<u8>(spelled, QUOTE);
  memory.copy(spelled + 1, name, bytes);
  store<u16>(spelled + 1 + bytes, 0x3a22);
  store<u32>(path, spelled, SPELLED);
  store<u32>(path, bytes + 3, SPELLED_BYTES);
  store<u32>(path, spelled + 1, NAME);
  store<u32>(path, bytes, NAME_BYTES);
  store<u32>(path, hash, NAME_HASH);
  if (canStandAsItIs(name, bytes)) {
    v128.store(path, v128.load(spelled), BEGINNING);
    store<u32>(path, bytes + 3 < 16 ? (1 << bytes + 3) - 1 : 0xffff, MASK);
  }
  adopt(parent, path);
  return path;
}

/** Puts a member into the tree, below another parent if it had one. */
export function adopt(parent: u32, path: u32): void {
  store<u32>(path, parent, PARENT);
  store<u32>(path, load<u32>(parent, MEMBERS), SIBLING);
  store<u32>(parent, path, MEMBERS);
  store<u32>(parent, load<u32>(parent, MEMBER_COUNT) + 1, MEMBER_COUNT);
  findable(path);
}

/**
 * A member can be found by its name from now on. While paths are added up the table has old places too: if it were full of them,
 * a member would not be found and be added twice, and the host adds such two up.
 */
export function findable(path: u32): void {
  if (Memory.namesUsed > NAME_SLOTS - (NAME_SLOTS >> 3)) return;
  Memory.namesUsed++;
  let slot = slotOf(load<u32>(path, PARENT), load<u32>(path, NAME_HASH));
  while (load<u32>(Memory.names + slot * 4) != 0) slot = slot + 1 & NAME_SLOTS - 1;
  store<u32>(Memory.names + slot * 4, path);
}

export function releasePath(path: u32): void {
  const spelled = load<u32>(path, SPELLED);
  if (spelled != 0) release(spelled, load<u32>(path, SPELLED_BYTES) + 16);
  release(path - load<u32>(path, INSET), PIECE_BYTES);
}

function slotOf(parent: u32, hash: u32): u32 {
  return (hash ^ parent * 0x9e3779b1) >> 13;
}

export function hashName(name: u32, bytes: u32): u32 {
  let hash: u32 = bytes;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ <u32>load<u8>(name + i)) * 0x01000193;
  return hash ^ hash >> 15;
}

function canStandAsItIs(name: u32, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) {
    const c = <u32>load<u8>(name + i);
    if (c < SPACE || c == QUOTE || c == BACKSLASH) return false;
  }
  return true;
}
