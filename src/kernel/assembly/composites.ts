// Composite keys of the record at hand, made of the values that its paths have led to.
//
// A path that ends as a component of some keys has a column, whose number stands in its node (paths.ts). For each record the
// captures of a column are chained; then each composite index gets a key for each combination of its columns' values.
//
//   composite   u32 index number | u32 components | u32 column × components
//   column      u32 values | u32 first capture | u32 last capture | 4 free bytes
//   link        u32 the next capture of the same column: there is one for each capture

import { addEncoded, addKey, KEY_BYTES_MAX, takeBackKey } from './append';
import { EVENT_SUSPECT, NO_EVENT } from './contract';
import { Captures, COLUMN } from './paths';
import { CAPTURES_MAX, CAPTURE_BYTES, KEYS_PER_RECORD_MAX, State } from './state';

const INDEXES_MAX: u32 = 250;
const COMPONENTS_MAX: u32 = 16;
const INDEX: usize = 0, COMPONENTS: usize = 4, FIRST_COLUMN: u32 = 8;
const VALUES: usize = 0, FIRST: usize = 4, LAST: usize = 8;
const COLUMN_BYTES: u32 = 16;
const COMPOSITE_BYTES: u32 = FIRST_COLUMN + 4 * COMPONENTS_MAX;
const COMPOSITES_BYTES: u32 = INDEXES_MAX * COMPOSITE_BYTES;
const COLUMNS_BYTES: u32 = INDEXES_MAX * COMPONENTS_MAX * COLUMN_BYTES;
const LINKS_BYTES: u32 = CAPTURES_MAX * 4;
/** Whole pages of 4 KiB: what follows keeps its place in the caches. */
export const COMPOSITE_TABLES_BYTES: u32 = (COMPOSITES_BYTES + COLUMNS_BYTES + LINKS_BYTES + 4095) & ~4095;

export class Composites {
  static count: u32 = 0;
  /** Columns in use. */
  static columns: u32 = 0;
  /** Whether the primary key is composite. */
  static hasPrimary: bool = false;
}

/** Lays out the tables, at a multiple of 8. */
export function layComposites(at: u32): void {
  State.composites = at;
  State.columns = at + COMPOSITES_BYTES;
  State.links = State.columns + COLUMNS_BYTES;
}

/** Forgets all composite keys. */
export function clearComposites(): void {
  Composites.count = 0;
  Composites.columns = 0;
  Composites.hasPrimary = false;
}

/** Adds a composite key; the numbers of its columns, from 1, wait in `out` as u32. Returns whether there is room for it. */
export function addComposite(index: u32, components: u32): bool {
  if (Composites.count == INDEXES_MAX || components > COMPONENTS_MAX) return false;
  const composite = State.composites + Composites.count++ * COMPOSITE_BYTES;
  store<u32>(composite, index, INDEX);
  store<u32>(composite, components, COMPONENTS);
  for (let i: u32 = 0; i < components; i++) {
    const number = load<u32>(State.out + 4 * i);
    store<u32>(composite + FIRST_COLUMN + 4 * i, columnAt(number));
    Composites.columns = max(Composites.columns, number);
  }
  if (index == 0) Composites.hasPrimary = true;
  return true;
}

// @ts-ignore: decorator
@inline function columnAt(number: u32): u32 {
  return State.columns + (number - 1) * COLUMN_BYTES;
}

// @ts-ignore: decorator
@inline function linkOf(capture: u32): u32 {
  return State.links + (capture - State.captures) / CAPTURE_BYTES * 4;
}

/**
 * Adds the composite keys of the record at hand from `composite` on, after its other keys, `primaries` of them primary ones.
 * Returns NO_EVENT, or what has to be done instead. `keys` are those that the record may have so far.
 *
 * It calls itself for the next composite. Otherwise the compiler would put all of this into the loop of the scan, and make
 * that slower for sources without composite keys.
 */
export function addComposites(primaries: i32, composite: u32, keys: u64): i32 {
  if (composite == State.composites) {
    if (primaries != (Composites.hasPrimary ? 0 : 1)) return EVENT_SUSPECT;
    chainCaptures();
    // Each capture is at most two keys besides, and there may be a name.
    keys = 1 + 2 * ((Captures.end - State.captures) / CAPTURE_BYTES);
  } else if (composite == State.composites + Composites.count * COMPOSITE_BYTES) return NO_EVENT;
  const columns = composite + FIRST_COLUMN, columnsEnd = columns + 4 * load<u32>(composite, COMPONENTS);
  let product: u64 = 1;
  for (let column = columns; column < columnsEnd && product <= KEYS_PER_RECORD_MAX; column += 4) {
    product *= load<u32>(load<u32>(column), VALUES);
  }
  keys += product;
  const isPrimary = load<u32>(composite, INDEX) == 0;
  if (keys > KEYS_PER_RECORD_MAX || (isPrimary && product != 1)) return EVENT_SUSPECT;
  if (product != 0) {
    store<u8>(State.out, 0x30);
    const event = addCombinations(composite, columns, columnsEnd, State.out + 1);
    if (event != NO_EVENT) return event;
  }
  return addComposites(primaries, composite + COMPOSITE_BYTES, keys);
}

function chainCaptures(): void {
  const columnsEnd = State.columns + Composites.columns * COLUMN_BYTES;
  for (let column = State.columns; column < columnsEnd; column += COLUMN_BYTES) store<u32>(column, 0, VALUES);
  for (let capture = State.captures; capture < Captures.end; capture += CAPTURE_BYTES) {
    const number = <u32>load<u16>(load<u32>(capture, 4) & ~1, COLUMN);
    if (number == 0) continue;
    const column = columnAt(number);
    const values = load<u32>(column, VALUES);
    if (values == 0) store<u32>(column, capture, FIRST);
    else store<u32>(linkOf(load<u32>(column, LAST)), capture);
    store<u32>(column, capture, LAST);
    store<u32>(column, values + 1, VALUES);
  }
}

/** Adds the keys that begin as what stands in `out`, up to `at`, with the values of the columns that are left. */
function addCombinations(composite: u32, columns: u32, columnsEnd: u32, at: u32): i32 {
  if (columns == columnsEnd) {
    store<u8>(at, 0);
    return addEncoded(load<u32>(composite, INDEX), State.out, at + 1 - State.out);
  }
  const column = load<u32>(columns);
  let capture = load<u32>(column, FIRST);
  for (let left = load<u32>(column, VALUES); left > 0; left--) {
    // Encoded as a key of its own: a second place that calls the encoders would make them slower for all other keys.
    const heapEnd = State.heapEnd;
    let event = addKey(0, load<u32>(capture));
    if (event != NO_EVENT) return event;
    const end = takeBackKey(heapEnd, at);
    event = end - State.out < KEY_BYTES_MAX ? addCombinations(composite, columns + 4, columnsEnd, end) : EVENT_SUSPECT;
    if (event != NO_EVENT) return event;
    capture = load<u32>(linkOf(capture));
  }
  return NO_EVENT;
}
