// The profiler: what src/profile/simd/ calls. A profile of records is a tree of paths in memory, which the host reads when it
// takes it. Addresses are bytes in linear memory.

import { fillTables } from '../grammar';
import { fillClasses } from './classes';
import { Memory, clearArena, layMemory } from './memory';
import { Tree, plantTree } from './paths';
import { Walk, walk } from './walk';

/** Lays memory out for lines of so many bytes. False: the system refuses the memory. */
export function layout(inputBytes: u32): bool {
  if (!layMemory(inputBytes)) return false;
  fillTables();
  fillClasses();
  clear(true, 0);
  return true;
}

/** Makes room for more bytes of lines; what is known stays. False: the system refuses the memory. */
export function growInput(inputBytes: u32): bool {
  return layMemory(inputBytes);
}

/** Begins a profile of no records, with or without their values, and with these formats. */
export function clear(hasValues: bool, formats: u32): void {
  Tree.hasValues = hasValues;
  Tree.formats = formats;
  clearArena();
  plantTree();
  Walk.records = 0;
}

/** Counts the lines that the host has put at `input`. */
export function add(bytes: u32): void {
  walk(Memory.input, Memory.input + bytes);
}

export function input(): u32 { return Memory.input; }
export function root(): u32 { return Tree.root; }
export function records(): f64 { return <f64>Walk.records; }
/** The paths, and all that they point to, are in [arena, top). */
export function arena(): u32 { return Memory.arena; }
export function top(): u32 { return Memory.top; }
