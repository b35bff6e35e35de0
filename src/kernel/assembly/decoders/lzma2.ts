// Chunks of LZMA2, of which the blocks of xz consist. The caller reads the header of a chunk, puts its bytes into the input,
// and takes its plain bytes before the next one. The plain bytes stand in a window, whose last part is the dictionary:
//
//   window = old bytes ...  | dictionary           | this chunk  |  free       | slack
//                                            processed >         position

import { align16, reserve } from '../window';
import { fillCrc64 } from './crc64';
import { Range, beginRange, bit, direct, evenOut, normalize, tree, treeAfter, treeUpwards } from './lzma-model';

const INPUT_BYTES: u32 = 65_536;
/** Copies and reading go beyond their end by less than this. */
const SLACK: u32 = 64;
const STATES: u32 = 12;
/** States below this one follow a literal. */
const AFTER_MATCH: u32 = 7;
const POSITIONS: u32 = 16;
const LENGTH_MIN: u32 = 2;
const LENGTH_STATES: u32 = 4;
const SLOT_BITS: u32 = 6;
/** Distances of slots from the first on have bits of their own, from the second on few of them with probabilities. */
const SLOT_WITH_BITS: u32 = 4;
const SLOT_WITH_DIRECT_BITS: u32 = 14;
const ALIGN_BITS: u32 = 4;
const LITERAL_PROBABILITIES: u32 = 0x300;
const LITERAL_BITS_MAX: u32 = 4;

// Probabilities, each of two bytes: where each kind begins.
const IS_MATCH: u32 = 0;
const IS_REPEAT = IS_MATCH + STATES * POSITIONS;
const IS_REPEAT_1 = IS_REPEAT + STATES;
const IS_REPEAT_2 = IS_REPEAT_1 + STATES;
const IS_REPEAT_3 = IS_REPEAT_2 + STATES;
const IS_LONG = IS_REPEAT_3 + STATES;
const SLOTS = IS_LONG + STATES * POSITIONS;
const SPECIAL = SLOTS + (LENGTH_STATES << SLOT_BITS);
const ALIGN = SPECIAL + 128 - SLOT_WITH_DIRECT_BITS;
const LENGTHS = ALIGN + (1 << ALIGN_BITS);
// In the probabilities of lengths: two choices, and the trees of short, middle and long ones.
const SHORT: u32 = 2;
const MIDDLE = SHORT + POSITIONS * 8;
const LONG = MIDDLE + POSITIONS * 8;
const LENGTH_PROBABILITIES = LONG + 256;
const REPEAT_LENGTHS = LENGTHS + LENGTH_PROBABILITIES;
const LITERALS = REPEAT_LENGTHS + LENGTH_PROBABILITIES;
const PROBABILITIES = LITERALS + (LITERAL_PROBABILITIES << LITERAL_BITS_MAX);

const MODEL = memory.data(32_768, 16);

class Lzma {
  static input: u32 = 0;
  static window: u32 = 0;
  static windowEnd: u32 = 0;
  static dictionaryBytes: u32 = 0;
  /** Address of the first byte that may be copied. */
  static begin: u32 = 0;
  /** Address of the next plain byte, and of the first one of the last chunk. */
  static position: u32 = 0;
  static plain: u32 = 0;
  /** Plain bytes since the dictionary was emptied; only its low bits matter. */
  static processed: u32 = 0;
  static state: u32 = 0;
  static distance0: u32 = 0;
  static distance1: u32 = 0;
  static distance2: u32 = 0;
  static distance3: u32 = 0;
  static literalBits: u32 = 0;
  static literalMask: u32 = 0;
  static positionMask: u32 = 0;
}

/** Lays memory out for a dictionary of so many bytes, and as many more that it may move in. False: the system refuses. */
export function lzmaLayout(dictionaryBytes: u32, roomBytes: u32): bool {
  if (Lzma.input == 0) fillCrc64();
  Lzma.input = <u32>align16(__heap_base);
  Lzma.window = Lzma.input + INPUT_BYTES + SLACK;
  const windowEnd = <u64>Lzma.window + dictionaryBytes + roomBytes;
  if (!reserve(windowEnd + SLACK)) return false;
  Lzma.windowEnd = <u32>windowEnd;
  Lzma.dictionaryBytes = dictionaryBytes;
  Lzma.position = Lzma.window;
  lzmaForget();
  return true;
}

/** Where the caller puts the data of a chunk. */
export function lzmaInput(): u32 {
  return Lzma.input;
}

/** Where the plain bytes of the last chunk stand, until the next one. */
export function lzmaPlain(): u32 {
  return Lzma.plain;
}

/** Empties the dictionary. */
export function lzmaForget(): void {
  Lzma.begin = Lzma.position;
  Lzma.processed = 0;
}

/** Forgets what was learnt, and takes new properties. False: there are no such ones. */
export function lzmaProperties(properties: u32): bool {
  if (properties > (4 * 5 + 4) * 9 + 8) return false;
  const literalBits = properties % 9;
  const literalPositionBits = (properties / 9) % 5;
  if (literalBits + literalPositionBits > LITERAL_BITS_MAX) return false;
  Lzma.literalBits = literalBits;
  Lzma.literalMask = (1 << literalPositionBits) - 1;
  Lzma.positionMask = (1 << (properties / 45)) - 1;
  lzmaRestart();
  return true;
}

/** Forgets what was learnt. */
export function lzmaRestart(): void {
  Lzma.state = 0;
  Lzma.distance0 = 0;
  Lzma.distance1 = 0;
  Lzma.distance2 = 0;
  Lzma.distance3 = 0;
  evenOut(MODEL, PROBABILITIES);
}

/** Makes room for the plain bytes of a chunk. */
function begin(plainBytes: u32): void {
  if (plainBytes > Lzma.windowEnd - Lzma.position) {
    const kept = min(Lzma.position - Lzma.begin, Lzma.dictionaryBytes);
    memory.copy(Lzma.window, Lzma.position - kept, kept);
    Lzma.begin = Lzma.window;
    Lzma.position = Lzma.window + kept;
  }
  Lzma.plain = Lzma.position;
}

/** Takes a chunk that is not compressed. */
export function lzmaStored(bytes: u32): void {
  begin(bytes);
  memory.copy(Lzma.position, Lzma.input, bytes);
  Lzma.position += bytes;
  Lzma.processed += bytes;
}

/** Decodes a chunk. False: it is damaged. */
export function lzmaChunk(inputBytes: u32, plainBytes: u32): bool {
  const inputEnd = Lzma.input + inputBytes;
  begin(plainBytes);
  if (inputBytes < 5 || !beginRange(Lzma.input)) return false;
  const end = Lzma.position + plainBytes;
  while (Lzma.position < end) {
    if (Range.at > inputEnd) return false;
    const at = Lzma.processed & Lzma.positionMask;
    if (bit(MODEL + ((IS_MATCH + Lzma.state * POSITIONS + at) << 1)) == 0) {
      literal();
      continue;
    }
    const length = bit(MODEL + ((IS_REPEAT + Lzma.state) << 1)) == 0 ? match(at) : repeat(at);
    const reach = min(Lzma.position - Lzma.begin, Lzma.dictionaryBytes);
    if (Lzma.distance0 >= reach || length > end - Lzma.position) return false;
    copy(Lzma.distance0 + 1, length);
  }
  normalize();
  return Range.at == inputEnd && Range.code == 0;
}

function literal(): void {
  const position = Lzma.position;
  const before = position == Lzma.begin ? 0 : <u32>load<u8>(position - 1);
  const place = ((Lzma.processed & Lzma.literalMask) << Lzma.literalBits) + (before >> (8 - Lzma.literalBits));
  const probabilities = MODEL + ((LITERALS + LITERAL_PROBABILITIES * place) << 1);
  const state = Lzma.state;
  if (state < AFTER_MATCH) {
    store<u8>(position, tree(probabilities, 0x100));
    Lzma.state = state < 4 ? 0 : state - 3;
  } else {
    store<u8>(position, treeAfter(probabilities, load<u8>(position - Lzma.distance0 - 1)));
    Lzma.state = state < 10 ? state - 3 : state - 6;
  }
  Lzma.position = position + 1;
  Lzma.processed++;
}

/** A copy from a new distance. @returns its length */
function match(at: u32): u32 {
  Lzma.state = Lzma.state < AFTER_MATCH ? 7 : 10;
  Lzma.distance3 = Lzma.distance2;
  Lzma.distance2 = Lzma.distance1;
  Lzma.distance1 = Lzma.distance0;
  const length = readLength(LENGTHS, at);
  const lengthState = min(length - LENGTH_MIN, LENGTH_STATES - 1);
  const slot = tree(MODEL + ((SLOTS + (lengthState << SLOT_BITS)) << 1), 1 << SLOT_BITS) - (1 << SLOT_BITS);
  if (slot < SLOT_WITH_BITS) {
    Lzma.distance0 = slot;
    return length;
  }
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  if (slot < SLOT_WITH_DIRECT_BITS) {
    Lzma.distance0 = base + treeUpwards(MODEL + ((SPECIAL + base - slot - 1) << 1), bits);
  } else {
    const high = direct(bits - ALIGN_BITS) << ALIGN_BITS;
    Lzma.distance0 = base + high + treeUpwards(MODEL + (ALIGN << 1), ALIGN_BITS);
  }
  return length;
}

/** A copy from one of the last four distances. @returns its length */
function repeat(at: u32): u32 {
  const state = Lzma.state;
  if (bit(MODEL + ((IS_REPEAT_1 + state) << 1)) == 0) {
    if (bit(MODEL + ((IS_LONG + state * POSITIONS + at) << 1)) == 0) {
      Lzma.state = state < AFTER_MATCH ? 9 : 11;
      return 1;
    }
  } else {
    let distance = Lzma.distance1;
    if (bit(MODEL + ((IS_REPEAT_2 + state) << 1)) != 0) {
      distance = Lzma.distance2;
      if (bit(MODEL + ((IS_REPEAT_3 + state) << 1)) != 0) {
        distance = Lzma.distance3;
        Lzma.distance3 = Lzma.distance2;
      }
      Lzma.distance2 = Lzma.distance1;
    }
    Lzma.distance1 = Lzma.distance0;
    Lzma.distance0 = distance;
  }
  Lzma.state = state < AFTER_MATCH ? 8 : 11;
  return readLength(REPEAT_LENGTHS, at);
}

function readLength(lengths: u32, at: u32): u32 {
  const model = MODEL + (lengths << 1);
  if (bit(model) == 0) return tree(model + ((SHORT + at * 8) << 1), 8) - 8 + LENGTH_MIN;
  if (bit(model + 2) == 0) return tree(model + ((MIDDLE + at * 8) << 1), 8) + LENGTH_MIN;
  return tree(model + (LONG << 1), 256) - 256 + 16 + LENGTH_MIN;
}

function copy(distance: u32, length: u32): void {
  let to = Lzma.position;
  const end = to + length;
  Lzma.position = end;
  Lzma.processed += length;
  if (distance >= 8) {
    do {
      store<u64>(to, load<u64>(to - distance));
      to += 8;
    } while (to < end);
    return;
  }
  do {
    store<u8>(to, load<u8>(to - distance));
  } while (++to < end);
}
