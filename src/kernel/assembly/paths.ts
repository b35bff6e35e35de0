// Key paths as a trie of member names, and the values found on them.
//
// A node in memory (written by `addNode`):
//    0  u32 first child     4  u32 next sibling    8  u32 subtree end (nodes are numbered depth first)
//   12  u32 name bytes, closing quote included    16  u32 primary: 1 when the primary key's path ends here, 2 when that
//   of a component of it does    20  u16 number of the secondary index whose path ends here, or 0
//   22  u16 column that composite keys take the value as, or 0    24  u64 bit: 1 << (position among its siblings mod 64)
//   32  u64 mask of the name's bytes among the first eight
//   40  u32 position by which an element of an array stands for this node, or 0xffffffff
//   44  u32 what an array is that stands for this node: transparent (0), or so many first elements stand for children by their
//   positions; 0xffffffff: both of these, and the twin reads such a record
//   48  name, then its closing quote, padded with zeros to a multiple of 8
// A name that cannot stand in a source as it is (it holds a quote, a backslash or a control character) ends with 00
// instead of the quote, which no source has: it is only ever met in its escaped spellings.
// A node is named by its address, which is a multiple of 8 and greater than that of its parent.

import { BACKSLASH, OPEN_BRACE, QUOTE, SPACE } from './contract';
import { CAPTURE_BYTES, OUT_BYTES, State } from './state';
import { unescapeTo } from './text';

const FIRST_CHILD: usize = 0, NEXT_SIBLING: usize = 4, SUBTREE_END: usize = 8, NAME_BYTES: usize = 12;
export const PRIMARY: usize = 16;
/** What PRIMARY holds where the path of the whole key ends. */
export const WHOLE_KEY: u32 = 1;
export const SECONDARY: usize = 20;
export const COLUMN: usize = 22;
const SIBLING_BIT: usize = 24;
const FIRST_MASK: usize = 32;
const POSITION: usize = 40;
const ARRAYS: usize = 44;
const NAME: usize = 48;

/** What ARRAYS holds where the twin has to read a record with an array there. */
export const BOTH: u32 = 0xffff_ffff;

export const TRIE_BYTES: u32 = 1 << 20;
/** Captures that a repeated member may have to go over; beyond that the record is the twin's, or it would take quadratic time. */
const FORGET_MAX: u32 = 1024;

export class Captures {
  static end: u32 = 0;
  static overflow: bool = false;
}

/** Forgets all paths. With those that follow, a record may have `capturesMax` values on key paths here. */
export function clearNodes(capturesMax: u32): void {
  State.trieEnd = State.trie;
  State.rootNode = 0;
  State.capturesEnd = State.captures + capturesMax * CAPTURE_BYTES;
}

/**
 * Adds a node below `parent` (0 for the root); `nameBytes` bytes of its name wait in `out`. Call in depth-first order.
 * `secondary` has the column in its upper half. Returns 0 when there is no room for it.
 */
export function addNode(parent: u32, nameBytes: u32, primary: u32, secondary: u32): u32 {
  const node = State.trieEnd;
  if (nameBytes > OUT_BYTES || node + <u32>NAME + nameBytes + 8 > State.trie + TRIE_BYTES) return 0;
  memory.fill(node, 0, NAME);
  const name = node + <u32>NAME;
  memory.copy(name, State.out, nameBytes);
  store<u8>(name + nameBytes, canStandAsItIs(name, nameBytes) ? QUOTE : 0);
  const padded = (nameBytes + 1 + 7) & ~7;
  memory.fill(name + nameBytes + 1, 0, padded - nameBytes - 1);
  State.trieEnd = name + padded;
  store<u32>(node, nameBytes + 1, NAME_BYTES);
  store<u64>(node, nameBytes + 1 < 8 ? (<u64>1 << (<u64>(nameBytes + 1) << 3)) - 1 : ~<u64>0, FIRST_MASK);
  store<u32>(node, primary, PRIMARY);
  store<u32>(node, secondary, SECONDARY);
  store<u32>(node, State.trieEnd, SUBTREE_END);
  if (parent == 0) {
    State.rootNode = node;
    return node;
  }
  let position: u32 = 0;
  let last = load<u32>(parent, FIRST_CHILD);
  if (last == 0) store<u32>(parent, node, FIRST_CHILD);
  else {
    position = 1;
    while (load<u32>(last, NEXT_SIBLING) != 0) {
      last = load<u32>(last, NEXT_SIBLING);
      position++;
    }
    store<u32>(last, node, NEXT_SIBLING);
  }
  store<u64>(node, <u64>1 << <u64>(position & 63), SIBLING_BIT);
  return node;
}

function canStandAsItIs(name: u32, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) {
    const c = <u32>load<u8>(name + i);
    if (c < SPACE || c == QUOTE || c == BACKSLASH) return false;
  }
  return true;
}

/** Says by which position an element of an array stands for `node`, and what an array is that stands for it. */
export function setPosition(node: u32, position: u32, arrays: u32): void {
  store<u32>(node, position, POSITION);
  store<u32>(node, arrays, ARRAYS);
}

/** What an array is that stands for `node`. */
// @ts-ignore: decorator
@inline export function arraysAt(node: u32): u32 {
  return load<u32>(node, ARRAYS);
}

/** The child of `parent` that the first element of the array at `level` stands for, or 0. */
export function firstElement(level: u32, parent: u32): u32 {
  store<u32>(level, 0, 4);
  return childAt(parent, 0);
}

/** The same for the next element. */
export function nextElement(level: u32, parent: u32): u32 {
  const position = load<u32>(level, 4) + 1;
  store<u32>(level, position, 4);
  return childAt(parent, position);
}

/** Whether no element after the one at hand of the array at `level` stands for a child of `parent`. */
// @ts-ignore: decorator
@inline export function isLastOnPath(level: u32, parent: u32): bool {
  return load<u32>(level, 4) + 1 >= load<u32>(parent, ARRAYS);
}

function childAt(parent: u32, position: u32): u32 {
  let node = load<u32>(parent, FIRST_CHILD);
  while (node != 0 && load<u32>(node, POSITION) != position) node = load<u32>(node, NEXT_SIBLING);
  return node;
}

/** Closes a subtree: all nodes added since `node` are below it. */
export function endNode(node: u32): void {
  store<u32>(node, State.trieEnd, SUBTREE_END);
}

/** Whether a name may be that of `node`, by its first eight bytes: nearly all names differ there, or have no more. */
// @ts-ignore: decorator
@inline function beginsAlike(first: u64, node: u32): bool {
  return ((first ^ load<u64>(node, NAME)) & load<u64>(node, FIRST_MASK)) == 0;
}

// @ts-ignore: decorator
@inline function namesEqual(at: u32, node: u32): bool {
  if (!beginsAlike(load<u64>(at), node)) return false;
  return load<u32>(node, NAME_BYTES) <= 8 || restEqual(at, node);
}

function restEqual(at: u32, node: u32): bool {
  const bytes = load<u32>(node, NAME_BYTES);
  let i: u32 = 8;
  for (; i + 8 <= bytes; i += 8) {
    if (load<u64>(at + i) != load<u64>(node + i, NAME)) return false;
  }
  const rest = bytes - i;
  if (rest == 0) return true;
  return ((load<u64>(at + i) ^ load<u64>(node + i, NAME)) << <u64>((8 - rest) << 3)) == 0;
}

/** Slow path: the name at `at` (after its quote) holds escapes; compares what it means. */
function escapedNameEquals(at: u32, node: u32): bool {
  // The name without escapes is never longer than as spelled; a node's name bounds what is worth writing.
  const bytes = load<u32>(node, NAME_BYTES) - 1;
  const written = unescapeTo(at, State.out, State.out + bytes + 8);
  return written == bytes && memory.compare(State.out, node + <u32>NAME, bytes) == 0;
}

/** Whether there is a backslash in [at, end). */
// @ts-ignore: decorator
@inline function hasEscape(at: u32, end: u32): bool {
  const backslash = i8x16.splat(<i8>BACKSLASH);
  for (; at < end; at += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), backslash));
    if (found != 0) return at + <u32>ctz(found) < end;
  }
  return false;
}

/** The child of `parent` whose name is the one at token `at` (its opening quote), or 0; its colon is at `colon`. */
// @ts-ignore: decorator
@inline export function childNamed(parent: u32, at: u32, colon: u32): u32 {
  let node = load<u32>(parent, FIRST_CHILD);
  const name = at + 1;
  while (node != 0) {
    if (namesEqual(name, node)) return node;
    node = load<u32>(node, NEXT_SIBLING);
  }
  if (name < State.backslashEnd && hasEscape(name, colon)) return escapedChild(parent, name);
  return 0;
}

/** Whether the name at `at` might be that of a child of `parent`: it begins like one, or there is a backslash in it. */
// @ts-ignore: decorator
@inline export function mayBeChild(parent: u32, at: u32, colon: u32): bool {
  const name = at + 1, first = load<u64>(name);
  let node = load<u32>(parent, FIRST_CHILD);
  for (; node != 0; node = load<u32>(node, NEXT_SIBLING)) {
    if (beginsAlike(first, node)) return true;
  }
  return name < State.backslashEnd && hasEscape(name, colon);
}

function escapedChild(parent: u32, name: u32): u32 {
  let node = load<u32>(parent, FIRST_CHILD);
  while (node != 0 && !escapedNameEquals(name, node)) node = load<u32>(node, NEXT_SIBLING);
  return node;
}

/** The first member of the object at `level` stands for `node` (0: for none); returns the node. */
// @ts-ignore: decorator
@inline export function enterObject(level: u32, node: u32): u32 {
  store<u32>(level, Captures.end, 4);
  store<u64>(level, node != 0 ? load<u64>(node, SIBLING_BIT) : 0, 8);
  return node;
}

/** Another member of the object at `level` stands for `node`; false when the twin has to look at it. */
// @ts-ignore: decorator
@inline export function meetMember(level: u32, node: u32): bool {
  const seen = load<u64>(level, 8), bit = load<u64>(node, SIBLING_BIT);
  store<u64>(level, seen | bit, 8);
  // Siblings may share a bit: then nothing is found to forget.
  return (seen & bit) == 0 || forget(node, load<u32>(level, 4));
}

/** A member repeats: what its earlier occurrence in this object captured, and all below it, is forgotten. */
function forget(node: u32, firstCapture: u32): bool {
  if (Captures.end - firstCapture > FORGET_MAX * CAPTURE_BYTES) return false;
  const subtreeEnd = load<u32>(node, SUBTREE_END);
  let out = firstCapture;
  for (let at = firstCapture; at < Captures.end; at += CAPTURE_BYTES) {
    const captured = load<u32>(at, 4) & ~1;
    if (captured >= node && captured < subtreeEnd) continue;
    store<u64>(out, load<u64>(at));
    out += CAPTURE_BYTES;
  }
  Captures.end = out;
  return true;
}

/** Notes the value at `at` when a path ends at `node`. A container only matters to the primary key: it is an error there. */
export function capture(at: u32, node: u32, inArray: u32): void {
  const isContainer = (<u32>load<u8>(at) | 0x20) == OPEN_BRACE;
  const wanted = isContainer ? load<u32>(node, PRIMARY) : load<u32>(node, PRIMARY) | load<u32>(node, SECONDARY);
  if (wanted == 0) return;
  if (Captures.end >= State.capturesEnd) {
    Captures.overflow = true;
    return;
  }
  store<u32>(Captures.end, at);
  store<u32>(Captures.end, node | inArray, 4);
  Captures.end += CAPTURE_BYTES;
}
