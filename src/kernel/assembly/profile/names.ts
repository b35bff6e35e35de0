// The member that a name stands for, where it is not the one that came next the last time.

import { BACKSLASH, QUOTE } from '../contract';
import { unescapeTo } from '../text';
import { NAMES_MAX, foldAt, relieve } from './fold';
import { Memory, SCRATCH_BYTES, longScratch } from './memory';
import { FOLDED, MEMBER_COUNT, addMember, hashName, memberNamed } from './paths';

/** Longer names are not kept: their object folds, as if there were no memory for them. */
const NAME_BYTES_MAX: u32 = 65_536;

export class Name {
  /** One past the colon of the name that was looked up. */
  static end: u32 = 0;
}

/**
 * The path of the member whose name is at `at`, its opening quote. It is a member of the container at `level`, which another path
 * may have taken the place of when this returns.
 */
export function lookUp(level: u32, at: u32): u32 {
  const hasEscape = findEnd(at);
  const parent = load<u32>(level);
  if (load<u32>(parent, FOLDED) != 0) return load<u32>(parent, FOLDED);
  let name = at + 1, bytes = Name.end - 2 - name;
  if (hasEscape) {
    const text = bytes + 16 <= SCRATCH_BYTES ? Memory.scratch : longScratch(bytes);
    bytes = text == 0 ? ~0 : unescapeTo(name, text, text + bytes);
    name = text;
  }
  if (bytes > NAME_BYTES_MAX) {
    foldAt(parent, true, level);
    return load<u32>(load<u32>(level), FOLDED);
  }
  const hash = hashName(name, bytes);
  const known = memberNamed(parent, name, bytes, hash);
  return known != 0 ? known : added(level, name, bytes, hash);
}

function added(level: u32, name: u32, bytes: u32, hash: u32): u32 {
  if (load<u32>(load<u32>(level), MEMBER_COUNT) == NAMES_MAX) foldAt(load<u32>(level), false, level);
  if (Memory.isLow) relieve(level);
  const parent = load<u32>(level);
  return load<u32>(parent, FOLDED) != 0 ? load<u32>(parent, FOLDED) : addMember(parent, name, bytes, hash);
}

/** Finds the end of the name at `at`. Returns whether it has an escape. */
function findEnd(at: u32): bool {
  let hasEscape = false;
  for (at++; ; at++) {
    const c = <u32>load<u8>(at);
    if (c == QUOTE) break;
    if (c == BACKSLASH) {
      hasEscape = true;
      at++;
    }
  }
  Name.end = at + 2;
  return hasEscape;
}
