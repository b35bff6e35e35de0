// The range decoder of LZMA and the probabilities it learns. A bit is decoded with the probability that it is 0, of 2^11, and
// the probability moves towards what the bit was.
//
// The functions that decode several bits hold the decoder's numbers in local variables: these are registers, statics are not.

const TOP: u32 = 1 << 24;
const ONE_BITS: u32 = 11;
const ONE: u32 = 1 << ONE_BITS;
const MOVE_BITS: u32 = 5;

/** The decoder between two symbols. */
export class Range {
  static range: u32 = 0;
  static code: u32 = 0;
  /** Address of the next byte. */
  static at: u32 = 0;
}

/** Begins at a chunk. False: no chunk begins so. */
export function beginRange(at: u32): bool {
  Range.range = 0xffffffff;
  Range.code = bswap<u32>(load<u32>(at, 1));
  Range.at = at + 5;
  return load<u8>(at) == 0;
}

/** Makes all probabilities equal. */
export function evenOut(probabilities: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u16>(probabilities + (i << 1), ONE >> 1);
}

export function normalize(): void {
  if (Range.range < TOP) {
    Range.range <<= 8;
    Range.code = (Range.code << 8) | load<u8>(Range.at++);
  }
}

/** The next bit, with the probability at an address. */
// @ts-ignore: decorator
@inline
export function bit(probability: usize): u32 {
  normalize();
  const zero = <u32>load<u16>(probability);
  const bound = (Range.range >> ONE_BITS) * zero;
  if (Range.code < bound) {
    Range.range = bound;
    store<u16>(probability, zero + ((ONE - zero) >> MOVE_BITS));
    return 0;
  }
  Range.range -= bound;
  Range.code -= bound;
  store<u16>(probability, zero - (zero >> MOVE_BITS));
  return 1;
}

/** Bits of a tree, the highest first, until there are `end / 2`. @returns them, with a 1 in front */
export function tree(probabilities: usize, end: u32): u32 {
  let range = Range.range;
  let code = Range.code;
  let at = Range.at;
  let symbol: u32 = 1;
  do {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(at++);
    }
    const probability = probabilities + (symbol << 1);
    const zero = <u32>load<u16>(probability);
    const bound = (range >> ONE_BITS) * zero;
    if (code < bound) {
      range = bound;
      store<u16>(probability, zero + ((ONE - zero) >> MOVE_BITS));
      symbol <<= 1;
    } else {
      range -= bound;
      code -= bound;
      store<u16>(probability, zero - (zero >> MOVE_BITS));
      symbol = (symbol << 1) | 1;
    }
  } while (symbol < end);
  Range.range = range;
  Range.code = code;
  Range.at = at;
  return symbol;
}

/** A byte where another one is likely: as long as the bits are those of `likely`, each has probabilities of its own. */
export function treeAfter(probabilities: usize, likely: u32): u32 {
  let range = Range.range;
  let code = Range.code;
  let at = Range.at;
  let symbol: u32 = 1;
  let offset: u32 = 0x100;
  do {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(at++);
    }
    likely <<= 1;
    const likelyBit = likely & offset;
    const probability = probabilities + ((offset + likelyBit + symbol) << 1);
    const zero = <u32>load<u16>(probability);
    const bound = (range >> ONE_BITS) * zero;
    if (code < bound) {
      range = bound;
      store<u16>(probability, zero + ((ONE - zero) >> MOVE_BITS));
      symbol <<= 1;
      offset ^= likelyBit;
    } else {
      range -= bound;
      code -= bound;
      store<u16>(probability, zero - (zero >> MOVE_BITS));
      symbol = (symbol << 1) | 1;
      offset = likelyBit;
    }
  } while (symbol < 0x100);
  Range.range = range;
  Range.code = code;
  Range.at = at;
  return symbol;
}

/** Bits of a tree, the lowest first. */
export function treeUpwards(probabilities: usize, count: u32): u32 {
  let range = Range.range;
  let code = Range.code;
  let at = Range.at;
  let symbol: u32 = 1;
  let value: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(at++);
    }
    const probability = probabilities + (symbol << 1);
    const zero = <u32>load<u16>(probability);
    const bound = (range >> ONE_BITS) * zero;
    if (code < bound) {
      range = bound;
      store<u16>(probability, zero + ((ONE - zero) >> MOVE_BITS));
      symbol <<= 1;
    } else {
      range -= bound;
      code -= bound;
      store<u16>(probability, zero - (zero >> MOVE_BITS));
      symbol = (symbol << 1) | 1;
      value |= 1 << i;
    }
  }
  Range.range = range;
  Range.code = code;
  Range.at = at;
  return value;
}

/** Bits that are 0 or 1 alike. */
export function direct(count: u32): u32 {
  let range = Range.range;
  let code = Range.code;
  let at = Range.at;
  let value: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(at++);
    }
    range >>= 1;
    const isOne = code >= range;
    if (isOne) code -= range;
    value = (value << 1) | <u32>isOne;
  }
  Range.range = range;
  Range.code = code;
  Range.at = at;
  return value;
}
